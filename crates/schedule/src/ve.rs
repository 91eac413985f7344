//! The variance-exploding schedule.

use crate::error::refused;
use crate::{Schedule, ScheduleError};

/// Variance exploding: μ = 1, log σ linear in t from σ_min to σ_max.
///
/// Reference: Song et al. 2021 (arXiv 2011.13456), section 3.4; `VESchedule` of azula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ve {
    sigma_min: f64,
    sigma_max: f64,
}

impl Ve {
    /// The schedule with 0 < `sigma_min` < `sigma_max`.
    ///
    /// # Errors
    /// If a scale is not finite or the two are out of order.
    pub fn new(sigma_min: f64, sigma_max: f64) -> Result<Self, ScheduleError> {
        let parameter = |parameter, found, expected| refused("azula-ve", parameter, found, expected);
        if !(sigma_min.is_finite() && sigma_min > 0.0) {
            return Err(parameter("sigma_min", sigma_min, "a finite positive number"));
        }
        if !(sigma_max.is_finite() && sigma_max > sigma_min) {
            return Err(parameter("sigma_max", sigma_max, "a finite number above sigma_min"));
        }
        Ok(Self { sigma_min, sigma_max })
    }
}

impl Default for Ve {
    /// azula's σ_min = 1e-3, σ_max = 1e3.
    fn default() -> Self {
        Self { sigma_min: 1e-3, sigma_max: 1e3 }
    }
}

impl Schedule for Ve {
    fn mu(&self, _: f64) -> f64 {
        1.0
    }

    fn sigma(&self, t: f64) -> f64 {
        let (low, high) = (self.sigma_min.ln(), self.sigma_max.ln());
        (low + t * (high - low)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halfway_is_the_geometric_mean() {
        let level = Ve::new(1e-2, 1e4).unwrap().level(0.5);
        // exp multiplies the error of its argument, at most ln 1e4 < 10, by the result.
        assert!((level.ratio() - 10.0).abs() <= 10.0 * 10.0 * f64::EPSILON);
    }

    #[test]
    fn scales_out_of_order_are_refused() {
        assert!(Ve::new(1.0, 1.0).is_err());
        assert!(Ve::new(0.0, 1.0).is_err());
        assert!(Ve::new(1.0, f64::INFINITY).is_err());
    }
}
