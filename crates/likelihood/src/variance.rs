//! The variance v of the observations: one number, one per channel, or one per observation.

use crate::LikelihoodError;
use equipoise_field::{Real, Shape, sum};

/// The variance v of the residual, in the squared unit of the observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Variance<'a, R> {
    /// One v for all observations.
    Scalar(f64),
    /// One v for each channel of observations in (T, C, h, w) order.
    PerChannel {
        /// v of channel 0 … C − 1.
        values: &'a [f64],
        /// h·w, the observations of one channel in one frame.
        plane: usize,
    },
    /// One v for each observation.
    PerObservation(&'a [R]),
}

impl<R: Real> Variance<'_, R> {
    /// Whether the variance fits `count` observations and every v is positive and, as an `f64`,
    /// normal, which makes 1/v finite.
    ///
    /// # Errors
    /// [`LikelihoodError`] naming the length or the first variance at fault.
    pub fn check(&self, count: usize) -> Result<(), LikelihoodError> {
        let refused = |v: f64| !(f64::MIN_POSITIVE..=f64::MAX).contains(&v);
        let fault = match *self {
            Self::Scalar(v) => refused(v).then_some((0, v)),
            Self::PerChannel { values, plane } => {
                let frame = values.len().saturating_mul(plane);
                if frame == 0 || !count.is_multiple_of(frame) {
                    return Err(LikelihoodError::Planes { count, channels: values.len(), plane });
                }
                values.iter().copied().enumerate().find(|(_, v)| refused(*v))
            }
            Self::PerObservation(values) => {
                if values.len() != count {
                    let (found, expected) = (values.len(), count);
                    return Err(LikelihoodError::Length { argument: "variance", found, expected });
                }
                // Counting does not branch on each value; searching would.
                let refusals = values.iter().filter(|v| refused(v.wide())).count();
                let mut search = values.iter().map(|v| v.wide()).enumerate();
                if refusals == 0 { None } else { search.find(|(_, v)| refused(*v)) }
            }
        };
        fault.map_or(Ok(()), |(index, found)| Err(LikelihoodError::Variance { index, found }))
    }

    /// As [`check`](Self::check), for observations of shape (T, C, h, w): a variance per channel
    /// must have C values and h·w observations to a plane.
    ///
    /// # Errors
    /// [`LikelihoodError`] naming the length or the first variance at fault.
    pub fn check_on(&self, observed: Shape) -> Result<(), LikelihoodError> {
        if let Self::PerChannel { values, plane } = *self
            && (values.len(), plane) != (observed.channels, observed.plane())
        {
            return Err(LikelihoodError::Planes { count: observed.len(), channels: values.len(), plane });
        }
        self.check(observed.len())
    }

    /// The variance of observation `index`.
    ///
    /// # Panics
    /// If `index` lies outside a variance per observation.
    pub fn at(&self, index: usize) -> f64 {
        match *self {
            Self::Scalar(v) => v,
            Self::PerChannel { values, plane } => values[index / plane % values.len()],
            Self::PerObservation(values) => values[index].wide(),
        }
    }

    /// Σ log v over `count` observations, where it needs no pass over them: N log v, or
    /// (N/C) Σ_c log v_c; nothing for a variance per observation.
    pub fn closed_log_sum(&self, count: usize) -> Option<f64> {
        match *self {
            Self::Scalar(v) => Some(count as f64 * v.ln()),
            Self::PerChannel { values, .. } => {
                let each = (count / values.len()) as f64;
                Some(each * sum::of(values.len(), |c| values[c].ln()))
            }
            Self::PerObservation(_) => None,
        }
    }
}
