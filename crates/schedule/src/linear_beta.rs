//! The variance-preserving schedule with β linear in time.

use crate::error::refused;
use crate::{Schedule, ScheduleError};

/// Continuous DDPM: μ = exp(−½∫β), σ² = 1 − μ², β(t) = β_min + t (β_max − β_min).
///
/// σ(0) = 0, so the noise estimate (x_t − μ x̂)/σ does not exist at t = 0. The study's tables of
/// time dependence (its sections 8.2 and 8.3) were computed with this schedule, not with the
/// cosine one of its code.
///
/// Reference: Song et al., "Score-based generative modeling through stochastic differential
/// equations", 2021 (arXiv 2011.13456), equation 33.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearBeta {
    beta_min: f64,
    beta_max: f64,
}

impl LinearBeta {
    /// The schedule with 0 ≤ `beta_min` ≤ `beta_max`, `beta_max` > 0.
    ///
    /// # Errors
    /// If a bound is not finite, negative, or the two are out of order.
    pub fn new(beta_min: f64, beta_max: f64) -> Result<Self, ScheduleError> {
        let parameter = |parameter, found, expected| refused("linear_beta", parameter, found, expected);
        if !(beta_min.is_finite() && beta_min >= 0.0) {
            return Err(parameter("beta_min", beta_min, "a finite number of at least 0"));
        }
        if !(beta_max.is_finite() && beta_max >= beta_min && beta_max > 0.0) {
            return Err(parameter("beta_max", beta_max, "a finite positive number of at least beta_min"));
        }
        Ok(Self { beta_min, beta_max })
    }

    fn integral(&self, t: f64) -> f64 {
        t * (self.beta_min + 0.5 * t * (self.beta_max - self.beta_min))
    }
}

impl Default for LinearBeta {
    /// The published β_min = 0.1, β_max = 20.
    fn default() -> Self {
        Self { beta_min: 0.1, beta_max: 20.0 }
    }
}

impl Schedule for LinearBeta {
    fn mu(&self, t: f64) -> f64 {
        (-0.5 * self.integral(t)).exp()
    }

    fn sigma(&self, t: f64) -> f64 {
        (-(-self.integral(t)).exp_m1()).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_study_prints_these_ratios() {
        let schedule = LinearBeta::default();
        for (t, printed, half_digit) in
            [(0.01, 0.04, 0.005), (0.1, 0.34, 0.005), (0.5, 3.41, 0.005), (0.9, 58.8, 0.05)]
        {
            let ratio = schedule.level(t).ratio();
            assert!((ratio - printed).abs() <= half_digit, "t = {t}: {ratio}, printed {printed}");
        }
    }

    #[test]
    fn the_total_variance_is_one() {
        let schedule = LinearBeta::default();
        for step in 0..=100 {
            let level = schedule.level(f64::from(step) / 100.0);
            let total = level.mu * level.mu + level.sigma * level.sigma;
            assert!((total - 1.0).abs() <= 4.0 * f64::EPSILON);
        }
    }

    #[test]
    fn beta_is_the_slope_of_minus_twice_the_log_of_mu() {
        let (schedule, h) = (LinearBeta::default(), 1e-5);
        for t in [0.1, 0.5, 0.9] {
            let slope = -(schedule.mu(t + h).ln() - schedule.mu(t - h).ln()) / h;
            // Central differences of a quadratic are exact; rounding of ln μ is divided by h.
            let bound = 4.0 * f64::EPSILON * schedule.mu(t).ln().abs().max(1.0) / h;
            assert!((slope - (0.1 + 19.9 * t)).abs() <= bound, "t = {t}: {slope}");
        }
    }

    #[test]
    fn bounds_out_of_order_are_refused() {
        assert!(LinearBeta::new(20.0, 0.1).is_err());
        assert!(LinearBeta::new(-0.1, 20.0).is_err());
        assert!(LinearBeta::new(0.0, 0.0).is_err());
        assert!(LinearBeta::new(0.1, f64::NAN).is_err());
        assert_eq!(LinearBeta::new(0.1, 20.0), Ok(LinearBeta::default()));
    }
}
