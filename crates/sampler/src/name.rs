//! The samplers by name.

use crate::{
    Ancestral, Corrector, Ddim, Euler, Exponential, Heun, PredictorCorrector, Sampler, SamplerError, Steps,
};
use equipoise_field::Real;
use equipoise_schedule::Schedule;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A sampler by name.
///
/// | name | sampler |
/// |---|---|
/// | `predictor_corrector` | [`PredictorCorrector`] |
/// | `ddim:ETA` | [`Ddim`] with η = ETA |
/// | `ddpm` | [`Ddim`] with η = 1: ancestral, variance β̃ |
/// | `ddpm_beta` | [`Ancestral`], variance β |
/// | `euler` | [`Euler`] |
/// | `heun` | [`Heun`] |
/// | `exponential` | [`Exponential`] |
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
    /// Ancestral DDPM with variance β.
    Ancestral,
    /// Euler on the probability flow.
    Euler,
    /// Heun on the probability flow.
    Heun,
    /// The steps whose product is best for Gaussian posteriors.
    Exponential,
}

impl SamplerName {
    /// Every sampler that has a name, in the order of the documentation; `ddim` with η = 0.
    pub const ALL: [Self; 7] = [
        Self::PredictorCorrector,
        Self::Ddim { eta: 0.0 },
        Self::Ddim { eta: 1.0 },
        Self::Ancestral,
        Self::Euler,
        Self::Heun,
        Self::Exponential,
    ];

    /// The sampler along `grid`, times descending from 1 to 0, of runs under `schedule`.
    ///
    /// Only the predictor–corrector takes `corrections` of size `tau` after each step; `exponential`
    /// takes the ends of the grid and the number of its steps, and places them itself.
    ///
    /// # Errors
    /// [`SamplerError::Grid`], [`SamplerError::Tau`], [`SamplerError::Eta`], and those of
    /// [`Exponential::along`].
    pub fn build<R: Real>(
        self,
        schedule: &dyn Schedule,
        grid: Vec<f64>,
        corrections: usize,
        tau: f64,
    ) -> Result<Arc<dyn Sampler<R>>, SamplerError> {
        Ok(match self {
            Self::PredictorCorrector => Arc::new(PredictorCorrector::new(grid, corrections, tau)?),
            Self::Ddim { eta } => Arc::new(Ddim::new(grid, eta)?),
            Self::Ancestral => Arc::new(Ancestral::new(grid)?),
            Self::Euler => Arc::new(Euler::new(grid)?),
            Self::Heun => Arc::new(Heun::new(grid)?),
            Self::Exponential => {
                let ends: Vec<f64> = grid.first().into_iter().chain(grid.last()).copied().collect();
                Arc::new(Exponential::along(schedule, &ends, grid.len().saturating_sub(1))?)
            }
        })
    }

    /// What the steps of the sampler that [`build`](Self::build) makes are made of.
    pub fn steps(self, corrections: usize, tau: f64) -> Steps {
        match self {
            Self::PredictorCorrector => Steps::euler().corrected(Corrector { corrections, tau }),
            Self::Ddim { eta } => Ddim::steps_at(eta),
            Self::Ancestral => Ancestral::STEPS,
            Self::Euler => Euler::STEPS,
            Self::Heun => Heun::STEPS,
            Self::Exponential => Exponential::STEPS,
        }
    }
}

impl fmt::Display for SamplerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PredictorCorrector => f.write_str("predictor_corrector"),
            #[expect(clippy::float_cmp, reason = "one has a name of its own")]
            Self::Ddim { eta } if *eta == 1.0 => f.write_str("ddpm"),
            Self::Ddim { eta } => write!(f, "ddim:{eta}"),
            Self::Ancestral => f.write_str("ddpm_beta"),
            Self::Euler => f.write_str("euler"),
            Self::Heun => f.write_str("heun"),
            Self::Exponential => f.write_str("exponential"),
        }
    }
}

impl FromStr for SamplerName {
    type Err = SamplerError;

    fn from_str(text: &str) -> Result<Self, SamplerError> {
        if let Some(named) = Self::ALL.into_iter().find(|name| name.to_string() == text) {
            return Ok(named);
        }
        let eta = text.strip_prefix("ddim:").and_then(|eta| eta.parse::<f64>().ok());
        let eta = eta.filter(|eta| eta.is_finite() && *eta >= 0.0);
        let unknown = || SamplerError::UnknownName { found: text.to_owned() };
        Ok(Self::Ddim { eta: eta.ok_or_else(unknown)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_others_are_refused() {
        for text in ["predictor_corrector", "ddim:0.25", "ddpm", "ddpm_beta", "euler", "heun", "exponential"]
        {
            assert_eq!(text.parse::<SamplerName>().unwrap().to_string(), text);
        }
        let expected = "ddim".parse::<SamplerName>().unwrap_err().to_string();
        for name in SamplerName::ALL.map(|name| name.to_string()) {
            assert!(expected.contains(name.trim_end_matches(":0")), "{expected}: {name}");
        }
        for text in ["ddim", "ddim:-1", "ddim:NaN", "Heun"] {
            let refused = text.parse::<SamplerName>().unwrap_err().to_string();
            assert!(refused.starts_with(&format!("sampler: found `{text}`, expected predictor_corrector")));
        }
    }
}
