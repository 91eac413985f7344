//! The schedules of score-based data assimilation.

use crate::error::open_unit;
use crate::{Schedule, ScheduleError};
use serde::{Deserialize, Serialize};

/// How the signal scale α falls from 1 at t = 0 to η (`lin`, `cos`, `exp`) at t = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Alpha {
    /// α = 1 − (1 − η) t.
    Lin,
    /// α = cos²(acos(√η) t).
    Cos,
    /// α = exp(ln η · t²).
    Exp,
}

/// How the noise scale follows from the signal scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Variance {
    /// σ² = 1 − α² + η².
    Vp,
    /// σ = 1 − α² + η.
    SubVp,
    /// σ = 1 − α + η.
    SubSubVp,
}

/// The SDA family: μ = α(t), σ from α and η, so that σ(0) = η and μ(1) = η.
///
/// Reference: Rozet and Louppe, "Score-based data assimilation", 2023 (arXiv 2306.10574); the
/// variants are those of its published code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sda {
    alpha: Alpha,
    variance: Variance,
    eta: f64,
}

impl Sda {
    /// The schedule with signal scale `alpha`, noise scale `variance` and η = `eta` in (0, 1).
    ///
    /// # Errors
    /// If `eta` lies outside (0, 1).
    pub fn new(alpha: Alpha, variance: Variance, eta: f64) -> Result<Self, ScheduleError> {
        Ok(Self { alpha, variance, eta: open_unit("sda", "eta", eta)? })
    }

    /// η, the noise scale at t = 0 and the signal scale at t = 1.
    pub fn eta(&self) -> f64 {
        self.eta
    }
}

impl Schedule for Sda {
    fn mu(&self, t: f64) -> f64 {
        match self.alpha {
            Alpha::Lin => 1.0 - (1.0 - self.eta) * t,
            Alpha::Cos => {
                let c = (self.eta.sqrt().acos() * t).cos();
                c * c
            }
            Alpha::Exp => (self.eta.ln() * (t * t)).exp(),
        }
    }

    fn sigma(&self, t: f64) -> f64 {
        let (alpha, eta) = (self.mu(t), self.eta);
        match self.variance {
            Variance::Vp => (1.0 - alpha * alpha + eta * eta).sqrt(),
            Variance::SubVp => 1.0 - alpha * alpha + eta,
            Variance::SubSubVp => 1.0 - alpha + eta,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALPHAS: [Alpha; 3] = [Alpha::Lin, Alpha::Cos, Alpha::Exp];
    const VARIANCES: [Variance; 3] = [Variance::Vp, Variance::SubVp, Variance::SubSubVp];

    fn family(eta: f64) -> impl Iterator<Item = (Variance, Sda)> {
        ALPHAS.into_iter().flat_map(move |alpha| {
            VARIANCES.map(|variance| (variance, Sda::new(alpha, variance, eta).unwrap()))
        })
    }

    proptest! {
        #[test]
        fn ends_are_one_and_eta(eta in 1e-4f64..0.99) {
            for (_, schedule) in family(eta) {
                // cos(acos √η)² and exp(ln η) lose a few ulps of 1, not of η.
                let bound = 8.0 * f64::EPSILON;
                prop_assert!((schedule.mu(0.0) - 1.0).abs() <= bound);
                prop_assert!((schedule.sigma(0.0) - eta).abs() <= bound);
                prop_assert!((schedule.mu(1.0) - eta).abs() <= bound);
            }
        }

        #[test]
        fn vp_keeps_the_total_variance(eta in 1e-4f64..0.99, t in 0.0f64..=1.0) {
            for (_, schedule) in family(eta).filter(|(variance, _)| *variance == Variance::Vp) {
                let level = schedule.level(t);
                let total = level.mu * level.mu + level.sigma * level.sigma;
                prop_assert!((total - 1.0 - eta * eta).abs() <= 8.0 * f64::EPSILON);
            }
        }

        #[test]
        fn noise_to_signal_rises(eta in 1e-4f64..0.5, a in 0.0f64..=1.0, b in 0.0f64..=1.0) {
            prop_assume!((a - b).abs() > 1e-6);
            for (_, schedule) in family(eta) {
                prop_assert!(schedule.level(a.min(b)).ratio() < schedule.level(a.max(b)).ratio());
            }
        }
    }

    #[test]
    fn eta_outside_the_open_unit_interval_is_named() {
        for eta in [0.0, 1.0, -0.1, f64::NAN, f64::INFINITY] {
            let error = Sda::new(Alpha::Cos, Variance::Vp, eta).unwrap_err();
            assert!(error.to_string().contains("eta"), "{error}");
        }
    }
}
