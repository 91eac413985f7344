//! The times that a sampler steps through.

use crate::SamplerError;
use equipoise_schedule::{Level, Schedule};

/// Times that descend within [0, 1].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeGrid(Vec<f64>);

impl TimeGrid {
    /// # Errors
    /// [`SamplerError::Grid`].
    pub(crate) fn new(times: Vec<f64>) -> Result<Self, SamplerError> {
        descending(&times)?;
        Ok(Self(times))
    }

    /// Every time.
    pub(crate) fn times(&self) -> &[f64] {
        &self.0
    }

    /// The times at which a step begins: all but the last.
    pub(crate) fn beginnings(&self) -> &[f64] {
        &self.0[..self.0.len().saturating_sub(1)]
    }
}

/// Whether times descend within [0, 1].
///
/// # Errors
/// [`SamplerError::Grid`].
pub fn descending(times: &[f64]) -> Result<(), SamplerError> {
    for (index, &found) in times.iter().enumerate() {
        if !(0.0..=1.0).contains(&found) || (index > 0 && found >= times[index - 1]) {
            return Err(SamplerError::Grid { index, found });
        }
    }
    Ok(())
}

/// The level of a schedule at `t`, where a model can be evaluated.
///
/// # Errors
/// [`SamplerError::Level`] unless μ and σ are positive.
pub fn noisy_level(schedule: &dyn Schedule, t: f64) -> Result<Level, SamplerError> {
    let level = schedule.level(t);
    let Level { mu, sigma } = level;
    let positive = [mu, sigma].iter().all(|scale| scale.is_finite() && *scale > 0.0);
    if positive { Ok(level) } else { Err(SamplerError::Level { t, mu, sigma }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_do_not_descend_are_named() {
        let error = TimeGrid::new(vec![1.0, 0.5, 0.5]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "time grid, entry 2: found 0.5, expected times that descend within [0, 1]"
        );
        assert!(TimeGrid::new(vec![1.0, f64::NAN]).is_err());
        assert!(TimeGrid::new(vec![1.5, 0.0]).is_err());
        assert!(TimeGrid::new(Vec::new()).unwrap().beginnings().is_empty());
    }
}
