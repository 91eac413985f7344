//! The cosine schedule in azula's form.

use crate::error::Minima;
use crate::{Schedule, ScheduleError};

/// Cosine: μ = cos(t acos μ_min), σ² = 1 − μ² + σ_min².
///
/// Reference: Nichol and Dhariwal 2021 (arXiv 2102.09672); `CosineSchedule` of azula. SDA's
/// `cos` squares the cosine; this one does not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cosine(Minima);

impl Cosine {
    /// The schedule with μ(1) = `mu_min` and σ(0) = `sigma_min`, both in (0, 1).
    ///
    /// # Errors
    /// If a minimum lies outside (0, 1).
    pub fn new(mu_min: f64, sigma_min: f64) -> Result<Self, ScheduleError> {
        Minima::new("azula-cosine", mu_min, sigma_min).map(Self)
    }
}

impl Schedule for Cosine {
    fn mu(&self, t: f64) -> f64 {
        (t * self.0.mu.acos()).cos()
    }

    fn sigma(&self, t: f64) -> f64 {
        let mu = self.mu(t);
        (1.0 - mu * mu + self.0.sigma * self.0.sigma).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_the_minima() {
        let schedule = Cosine::new(0.02, 0.03).unwrap();
        assert!((schedule.mu(1.0) - 0.02).abs() <= 2.0 * f64::EPSILON);
        assert!((schedule.sigma(0.0) - 0.03).abs() <= f64::EPSILON);
        let middle = schedule.level(0.5);
        let half_angle = ((1.0 + 0.02f64) / 2.0).sqrt();
        assert!((middle.mu - half_angle).abs() <= 2.0 * f64::EPSILON);
    }
}
