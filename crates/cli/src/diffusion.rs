//! Flags of verbs that draw by a diffusion: its steps, sampler and schedule, and the law that it starts from.

use crate::number::{count, fraction};
use clap::ValueEnum;
use equipoise_experiment::Setup;
use equipoise_sampler::SamplerName;
use equipoise_schedule::{ScheduleName, Spacing};

/// How time advances.
#[derive(clap::Args)]
pub(crate) struct Diffusion {
    /// Steps of a diffusion
    #[arg(long, default_value_t = 64, value_parser = count, allow_negative_numbers = true)]
    pub(crate) steps: usize,

    /// How time advances
    ///
    /// predictor_corrector, ddim:ETA, ddpm, ddpm_beta, euler, heun or exponential.
    #[arg(long, default_value_t = SamplerName::Exponential)]
    pub(crate) sampler: SamplerName,

    /// Times from 1 to 0
    ///
    /// uniform, log_snr or edm.
    #[arg(long, default_value_t = Spacing::Uniform)]
    pub(crate) spacing: Spacing,

    /// The schedule
    #[arg(long, default_value = "cos")]
    pub(crate) schedule: ScheduleName,

    /// η, the noise left at t = 0, normalised units
    #[arg(long, default_value = "0.01", value_parser = fraction, allow_negative_numbers = true)]
    pub(crate) eta: f64,
}

impl Diffusion {
    /// How a run advances, without corrector steps.
    pub(crate) fn setup(&self) -> Setup {
        let Self { steps, sampler, spacing, schedule, eta } = *self;
        Setup { schedule, eta, sampler, spacing, steps, corrections: 0, tau: Setup::TAU }
    }
}

/// The law of x at t = 1 by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StartName {
    /// N(0, I)
    Normal,
    /// The exact marginal of the Gaussian prior, N(μm, μ²Σ + σ²I)
    Prior,
}

impl From<StartName> for equipoise_experiment::Start {
    fn from(name: StartName) -> Self {
        match name {
            StartName::Normal => Self::Normal,
            StartName::Prior => Self::Prior,
        }
    }
}

impl From<StartName> for equipoise_windows::Start {
    fn from(name: StartName) -> Self {
        match name {
            StartName::Normal => Self::Normal,
            StartName::Prior => Self::Prior,
        }
    }
}
