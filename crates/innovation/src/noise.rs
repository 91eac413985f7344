//! The variance s² of the observation noise.

use crate::InnovationError;

/// Noise variances of N observations, independent of each other.
#[derive(Clone, Debug, PartialEq)]
pub enum NoiseVariance {
    /// One s² for all.
    Uniform(f64),
    /// One s² per channel, for observations in (T, C, h, w) order.
    PerChannel {
        /// s² of every channel.
        values: Vec<f64>,
        /// h·w.
        plane: usize,
    },
    /// One s² per observation.
    PerObservation(Vec<f64>),
}

impl NoiseVariance {
    /// s² of observation i.
    ///
    /// # Panics
    /// If `i` lies outside the observations of a variance per observation.
    pub fn at(&self, i: usize) -> f64 {
        match self {
            Self::Uniform(v) => *v,
            Self::PerChannel { values, plane } => values[i / plane % values.len()],
            Self::PerObservation(values) => values[i],
        }
    }

    /// s² if it is one number.
    pub fn uniform(&self) -> Option<f64> {
        match self {
            Self::Uniform(v) => Some(*v),
            Self::PerChannel { values, .. } | Self::PerObservation(values) => {
                values.first().copied().filter(|first| values.iter().all(|v| v.to_bits() == first.to_bits()))
            }
        }
    }

    /// The mean of s² over `count` observations, exactly where all are the same.
    pub fn mean(&self, count: usize) -> f64 {
        self.uniform().unwrap_or_else(|| equipoise_field::sum::of(count, |i| self.at(i)) / count as f64)
    }

    /// Σ log(s² + `added`) over `count` observations.
    pub(crate) fn log_determinant(&self, count: usize, added: f64) -> f64 {
        match self.uniform() {
            Some(s2) => count as f64 * (s2 + added).ln(),
            None => equipoise_field::sum::of(count, |i| (self.at(i) + added).ln()),
        }
    }

    pub(crate) fn check(&self, count: usize) -> Result<(), InnovationError> {
        let given = match self {
            Self::Uniform(_) => count,
            Self::PerChannel { values, plane } => match values.len() * plane {
                frame if frame > 0 && count.is_multiple_of(frame) => count,
                frame => frame,
            },
            Self::PerObservation(values) => values.len(),
        };
        if given != count {
            return Err(InnovationError::NoiseLength { found: given, expected: count });
        }
        match (0..count).map(|i| (i, self.at(i))).find(|(_, v)| !(v.is_finite() && *v > 0.0)) {
            Some((index, found)) => Err(InnovationError::Noise { index, found }),
            None => Ok(()),
        }
    }
}
