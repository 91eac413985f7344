//! The variance s² of the observation noise.

use crate::{ObservationError, Result};
use equipoise_field::Length;

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
    /// One standard deviation s for all, in the units of the readings.
    pub fn std(s: f64) -> Self {
        // A deviation below 0 is none: its square must not pass for a variance.
        Self::Uniform(if s < 0.0 { s } else { s * s })
    }

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
    pub fn log_determinant(&self, count: usize, added: f64) -> f64 {
        match self.uniform() {
            Some(s2) => count as f64 * (s2 + added).ln(),
            None => equipoise_field::sum::of(count, |i| (self.at(i) + added).ln()),
        }
    }

    /// Whether these are the variances of `count` observations, finite and none below 0.
    ///
    /// # Errors
    /// [`ObservationError::Length`], [`ObservationError::Noise`].
    pub fn check(&self, count: usize) -> Result<()> {
        self.fits(count)?;
        self.each(count, "a finite number of at least 0", |v| v >= 0.0)
    }

    /// The same, for what divides by s²: none is 0.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn check_positive(&self, count: usize) -> Result<()> {
        self.fits(count)?;
        self.each(count, "a positive finite number", |v| v > 0.0)
    }

    fn fits(&self, count: usize) -> Result<()> {
        let given = match self {
            Self::Uniform(_) => count,
            Self::PerChannel { values, plane } => match values.len().saturating_mul(*plane) {
                frame if frame > 0 && count.is_multiple_of(frame) => count,
                frame => frame,
            },
            Self::PerObservation(values) => values.len(),
        };
        Ok(Length::check("noise", given, count)?)
    }

    fn each(&self, count: usize, expected: &'static str, allowed: impl Fn(f64) -> bool) -> Result<()> {
        let bad = |&(_, v): &(usize, f64)| !(v.is_finite() && allowed(v));
        match (0..count).map(|i| (i, self.at(i))).find(bad) {
            Some((index, found)) => Err(ObservationError::Noise { index, found, expected }),
            None => Ok(()),
        }
    }
}
