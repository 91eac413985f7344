//! The variance-preserving schedule in azula's form.

use crate::error::Minima;
use crate::{Schedule, ScheduleError};

/// Variance preserving: μ = exp(t² ln μ_min), σ² = 1 − μ² + σ_min².
///
/// Reference: Song et al. 2021 (arXiv 2011.13456), section 3.4; `VPSchedule` of azula.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vp(Minima);

impl Vp {
    /// The schedule with μ(1) = `mu_min` and σ(0) = `sigma_min`, both in (0, 1).
    ///
    /// # Errors
    /// If a minimum lies outside (0, 1).
    pub fn new(mu_min: f64, sigma_min: f64) -> Result<Self, ScheduleError> {
        Minima::new("azula-vp", mu_min, sigma_min).map(Self)
    }
}

impl Schedule for Vp {
    fn mu(&self, t: f64) -> f64 {
        (t * t * self.0.mu.ln()).exp()
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
    fn is_sda_exp_when_both_minima_are_eta() {
        let sda = crate::Sda::new(crate::Alpha::Exp, crate::Variance::Vp, 0.02).unwrap();
        let azula = Vp::new(0.02, 0.02).unwrap();
        for step in 0..=10 {
            let t = f64::from(step) / 10.0;
            let (a, b) = (azula.level(t), sda.level(t));
            // The arguments of exp differ in their last bit; ln 0.02 is about −4.
            assert!((a.mu - b.mu).abs() <= 8.0 * f64::EPSILON);
            assert!((a.sigma * a.sigma - b.sigma * b.sigma).abs() <= 16.0 * f64::EPSILON);
        }
    }
}
