//! What stands for the innovation covariance in a run.

use crate::Result;
use equipoise_guidance::Strength;
use equipoise_observation::NoiseVariance;
use equipoise_scaling::adaptive;
use equipoise_schedule::Level;

/// How the residual is weighed: g = factor · Jᵀ Aᵀ W (y − A x̂).
#[derive(Clone, Debug)]
pub enum Likelihood {
    /// W = 1/v(t), and the factors of a scaling law.
    Law(Strength),
    /// W = (s²I + A V Aᵀ)⁻¹, the exact guidance.
    Exact,
}

/// W⁻¹ at one level.
#[derive(Clone, Debug)]
pub enum Weighing {
    /// v of every observation.
    Diagonal(NoiseVariance),
    /// s²I + A V Aᵀ.
    Innovation,
}

impl Likelihood {
    /// W⁻¹ at a level, without the factors of a law.
    ///
    /// # Errors
    /// [`ReducedError::Guidance`](crate::ReducedError::Guidance) for a level without the law's traces.
    pub fn at(&self, level: Level) -> Result<Weighing> {
        Ok(match self {
            Self::Law(strength) => Weighing::Diagonal(strength.variance_at(level)?),
            Self::Exact => Weighing::Innovation,
        })
    }

    /// The factor on σg, unless it depends on the state.
    pub fn steady_factor(&self) -> Option<f64> {
        match self {
            Self::Law(strength) => strength.adaptive.is_none().then_some(strength.factor),
            Self::Exact => Some(1.0),
        }
    }

    /// The factor on σg from ‖ε̂‖ and the ‖σg‖ that it has without.
    pub(crate) fn factor(&self, prior_norm: f64, pull_norm: f64) -> f64 {
        let Self::Law(strength) = self else { return 1.0 };
        let Some(xi) = strength.adaptive else { return strength.factor };
        strength.factor * adaptive::factor(xi, prior_norm, strength.factor * pull_norm)
    }
}
