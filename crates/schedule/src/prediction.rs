//! What a network predicts at x_t, and the clean estimate behind it.

use crate::Level;

/// The quantity that a diffusion model is trained to predict from x_t = μx + σε.
///
/// Each is affine in x_t and x̂ = E[x | x_t], so any of them can be turned into any other:
///
/// | kind | value | x̂ |
/// |---|---|---|
/// | clean | x̂ | x̂ |
/// | noise | ε̂ = (x_t − μx̂)/σ (Ho et al. 2020) | (x_t − σε̂)/μ |
/// | velocity | v̂ = με̂ − σx̂ (Salimans and Ho 2022, arXiv 2202.00512) | (μx_t − σv̂)/(μ² + σ²) |
/// | score | ∇ log p(x_t) = −ε̂/σ (Song et al. 2021) | (x_t + σ²·score)/μ |
///
/// ```
/// use equipoise_schedule::{Level, Prediction};
/// let (level, x, eps) = (Level { mu: 0.8, sigma: 0.6 }, 2.0, -1.0);
/// let x_t = level.mu * x + level.sigma * eps;
/// let v = Prediction::Velocity.from_clean(level).of(x_t, x);
/// assert!((v - (level.mu * eps - level.sigma * x)).abs() < 1e-15);
/// assert!((Prediction::Velocity.to_clean(level).of(x_t, v) - x).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prediction {
    /// x̂.
    Clean,
    /// ε̂.
    Noise,
    /// v̂.
    Velocity,
    /// ∇ log p(x_t).
    Score,
}

/// `state`·x_t + `value`·(the value that is converted), entry by entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// The factor of x_t.
    pub state: f64,
    /// The factor of the value.
    pub value: f64,
}

impl Conversion {
    /// The converted entry.
    pub fn of(self, x_t: f64, value: f64) -> f64 {
        self.state * x_t + self.value * value
    }
}

impl Prediction {
    /// From the predicted value to x̂. Not finite at μ = 0 for noise and score.
    pub fn to_clean(self, level: Level) -> Conversion {
        let Level { mu, sigma } = level;
        let power = mu * mu + sigma * sigma;
        match self {
            Self::Clean => Conversion { state: 0.0, value: 1.0 },
            Self::Noise => Conversion { state: 1.0 / mu, value: -sigma / mu },
            Self::Velocity => Conversion { state: mu / power, value: -sigma / power },
            Self::Score => Conversion { state: 1.0 / mu, value: sigma * sigma / mu },
        }
    }

    /// From x̂ to the value that would be predicted. Not finite at σ = 0 but for x̂ itself.
    pub fn from_clean(self, level: Level) -> Conversion {
        let Level { mu, sigma } = level;
        let variance = sigma * sigma;
        match self {
            Self::Clean => Conversion { state: 0.0, value: 1.0 },
            Self::Noise => Conversion { state: 1.0 / sigma, value: -mu / sigma },
            Self::Velocity => Conversion { state: mu / sigma, value: -(mu * mu + variance) / sigma },
            Self::Score => Conversion { state: -1.0 / variance, value: mu / variance },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Prediction; 4] =
        [Prediction::Clean, Prediction::Noise, Prediction::Velocity, Prediction::Score];

    proptest! {
        /// Each kind's definition, from the x and ε that x_t is made of, and the way back.
        #[test]
        fn values_are_what_the_kinds_are_defined_by(
            mu in 0.01f64..1.0, sigma in 0.01f64..2.0, x in -5f64..5.0, eps in -5f64..5.0,
        ) {
            let level = Level { mu, sigma };
            let x_t = mu * x + sigma * eps;
            for kind in ALL {
                let defined = match kind {
                    Prediction::Clean => x,
                    Prediction::Noise => eps,
                    Prediction::Velocity => mu * eps - sigma * x,
                    Prediction::Score => -eps / sigma,
                };
                let (there, back) = (kind.from_clean(level), kind.to_clean(level));
                // Two products and a sum, whose terms are larger than the result by cancellation.
                let size = (there.state * x_t).abs() + (there.value * x).abs();
                prop_assert!((there.of(x_t, x) - defined).abs() <= 8.0 * f64::EPSILON * size);
                let size = (back.state * x_t).abs() + (back.value * defined).abs();
                prop_assert!((back.of(x_t, defined) - x).abs() <= 8.0 * f64::EPSILON * size);
            }
        }
    }
}
