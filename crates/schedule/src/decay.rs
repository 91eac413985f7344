//! The exponential-decay schedule in azula's form.

use crate::error::{Minima, open_unit};
use crate::{Schedule, ScheduleError};

/// Decay: τ = (1 − γᵗ)/(1 − γ), μ = τ μ_min + 1 − τ, σ = τ + (1 − τ) σ_min.
///
/// The straight lines of rectified flow in a time that runs fast near t = 0.
///
/// Reference: `DecaySchedule` of azula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    minima: Minima,
    gamma: f64,
}

impl Decay {
    /// The schedule with μ(1) = `mu_min`, σ(0) = `sigma_min` and decay rate `gamma`, all in (0, 1).
    ///
    /// # Errors
    /// If a parameter lies outside (0, 1).
    pub fn new(mu_min: f64, sigma_min: f64, gamma: f64) -> Result<Self, ScheduleError> {
        Ok(Self {
            minima: Minima::new("azula-decay", mu_min, sigma_min)?,
            gamma: open_unit("azula-decay", "gamma", gamma)?,
        })
    }

    fn tau(&self, t: f64) -> f64 {
        (1.0 - self.gamma.powf(t)) / (1.0 - self.gamma)
    }
}

impl Default for Decay {
    /// azula's minima, both 1e-3, and γ = 0.1.
    fn default() -> Self {
        Self { minima: Minima::default(), gamma: 0.1 }
    }
}

impl Schedule for Decay {
    fn mu(&self, t: f64) -> f64 {
        let tau = self.tau(t);
        tau * self.minima.mu + (1.0 - tau)
    }

    fn sigma(&self, t: f64) -> f64 {
        let tau = self.tau(t);
        tau + (1.0 - tau) * self.minima.sigma
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rectified;

    #[test]
    fn follows_the_lines_of_rectified_flow() {
        let decay = Decay::new(0.02, 0.03, 0.25).unwrap();
        let straight = Rectified::new(0.02, 0.03).unwrap();
        // τ(½) = (1 − ½)/(1 − ¼) = ⅔.
        for (t, tau) in [(0.0, 0.0), (0.5, 2.0 / 3.0), (1.0, 1.0)] {
            let (a, b) = (decay.level(t), straight.level(tau));
            assert!((a.mu - b.mu).abs() <= 4.0 * f64::EPSILON);
            assert!((a.sigma - b.sigma).abs() <= 4.0 * f64::EPSILON);
        }
    }

    #[test]
    fn gamma_of_one_is_refused() {
        assert!(Decay::new(0.02, 0.03, 1.0).is_err());
    }
}
