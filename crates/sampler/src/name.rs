//! The samplers by name.

use crate::{Ddim, Euler, Heun, PredictorCorrector, Sampler, SamplerError};
use equipoise_field::Real;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A sampler by name.
///
/// | name | sampler |
/// |---|---|
/// | `predictor_corrector` | [`PredictorCorrector`] |
/// | `ddim:ETA` | [`Ddim`] with η = ETA |
/// | `ddpm` | [`Ddim`] with η = 1 |
/// | `euler` | [`Euler`] |
/// | `heun` | [`Heun`] |
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum SamplerName {
    /// SDA's predictor–corrector.
    #[default]
    PredictorCorrector,
    /// DDIM.
    Ddim {
        /// η, the share of fresh noise in the variance.
        eta: f64,
    },
    /// Euler on the probability flow.
    Euler,
    /// Heun on the probability flow.
    Heun,
}

impl SamplerName {
    /// The sampler along `grid`, times descending from 1 to 0. Only the predictor–corrector takes
    /// `corrections` of size `tau` after each step.
    ///
    /// # Errors
    /// [`SamplerError::Grid`], [`SamplerError::Tau`], [`SamplerError::Eta`].
    pub fn build<R: Real>(
        self,
        grid: Vec<f64>,
        corrections: usize,
        tau: f64,
    ) -> Result<Arc<dyn Sampler<R>>, SamplerError> {
        Ok(match self {
            Self::PredictorCorrector => Arc::new(PredictorCorrector::new(grid, corrections, tau)?),
            Self::Ddim { eta } => Arc::new(Ddim::new(grid, eta)?),
            Self::Euler => Arc::new(Euler::new(grid)?),
            Self::Heun => Arc::new(Heun::new(grid)?),
        })
    }
}

impl fmt::Display for SamplerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PredictorCorrector => f.write_str("predictor_corrector"),
            #[expect(clippy::float_cmp, reason = "one has a name of its own")]
            Self::Ddim { eta } if *eta == 1.0 => f.write_str("ddpm"),
            Self::Ddim { eta } => write!(f, "ddim:{eta}"),
            Self::Euler => f.write_str("euler"),
            Self::Heun => f.write_str("heun"),
        }
    }
}

impl FromStr for SamplerName {
    type Err = SamplerError;

    fn from_str(text: &str) -> Result<Self, SamplerError> {
        let unknown = || SamplerError::UnknownName { found: text.to_owned() };
        match text {
            "predictor_corrector" => Ok(Self::PredictorCorrector),
            "ddpm" => Ok(Self::Ddim { eta: 1.0 }),
            "euler" => Ok(Self::Euler),
            "heun" => Ok(Self::Heun),
            _ => {
                let eta = text.strip_prefix("ddim:").and_then(|eta| eta.parse::<f64>().ok());
                let eta = eta.filter(|eta| eta.is_finite() && *eta >= 0.0).ok_or_else(unknown)?;
                Ok(Self::Ddim { eta })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_others_are_refused() {
        for text in ["predictor_corrector", "ddim:0.25", "ddpm", "euler", "heun"] {
            assert_eq!(text.parse::<SamplerName>().unwrap().to_string(), text);
        }
        for text in ["ddim", "ddim:-1", "ddim:NaN", "Heun"] {
            let refused = text.parse::<SamplerName>().unwrap_err().to_string();
            assert!(refused.starts_with(&format!("sampler: found `{text}`, expected predictor_corrector")));
        }
    }
}
