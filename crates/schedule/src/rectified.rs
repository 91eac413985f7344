//! The straight-line schedule of rectified flow.

use crate::error::Minima;
use crate::{Schedule, ScheduleError};

/// Rectified flow: μ = 1 − (1 − μ_min) t, σ = σ_min + (1 − σ_min) t.
///
/// Reference: Liu, Gong and Liu, "Flow straight and fast", 2022 (arXiv 2209.03003);
/// `RectifiedSchedule` of azula.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rectified(Minima);

impl Rectified {
    /// The schedule with μ(1) = `mu_min` and σ(0) = `sigma_min`, both in (0, 1).
    ///
    /// # Errors
    /// If a minimum lies outside (0, 1).
    pub fn new(mu_min: f64, sigma_min: f64) -> Result<Self, ScheduleError> {
        Minima::new("azula-rectified", mu_min, sigma_min).map(Self)
    }
}

impl Schedule for Rectified {
    fn mu(&self, t: f64) -> f64 {
        t * self.0.mu + (1.0 - t)
    }

    fn sigma(&self, t: f64) -> f64 {
        t + (1.0 - t) * self.0.sigma
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_straight_lines() {
        let schedule = Rectified::new(0.02, 0.03).unwrap();
        let ends = (schedule.level(0.0), schedule.level(1.0));
        for step in 0..=8 {
            let t = f64::from(step) / 8.0;
            let level = schedule.level(t);
            assert!((level.mu - ((1.0 - t) + t * 0.02)).abs() <= 2.0 * f64::EPSILON);
            assert!(
                (level.sigma - ((1.0 - t) * ends.0.sigma + t * ends.1.sigma)).abs() <= 2.0 * f64::EPSILON
            );
        }
        assert!((ends.0.sigma - 0.03).abs() <= f64::EPSILON);
    }
}
