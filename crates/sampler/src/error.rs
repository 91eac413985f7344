//! What can go wrong with a run, divergence apart.

use equipoise_field::Length;
use equipoise_guidance::GuidanceError;
use equipoise_schedule::ScheduleError;

/// A run that could not be carried out. A diverging run is no error but an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplerError {
    /// A time grid that does not descend within [0, 1].
    #[error("time grid, entry {index}: found {found}, expected times that descend within [0, 1]")]
    Grid {
        /// The first entry at fault.
        index: usize,
        /// Its time.
        found: f64,
    },
    /// A corrector size that is not a positive number.
    #[error("tau: found {found}, expected a positive finite number")]
    Tau {
        /// The value.
        found: f64,
    },
    /// A DDIM noise share η that is negative or not a number.
    #[error("eta: found {found}, expected a finite number of at least 0")]
    Eta {
        /// The value.
        found: f64,
    },
    /// A sampler that does not exist.
    #[error(
        "sampler: found `{found}`, expected predictor_corrector, ddim:ETA with ETA of at least 0, ddpm, ddpm_beta, euler, heun or exponential"
    )]
    UnknownName {
        /// The name given.
        found: String,
    },
    /// A level at which there is no noise estimate.
    #[error(
        "schedule at t = {t}: found mu = {mu}, sigma = {sigma}, expected both positive where the \
         guidance is evaluated"
    )]
    Level {
        /// The time.
        t: f64,
        /// μ.
        mu: f64,
        /// σ.
        sigma: f64,
    },
    /// A Langevin correction where the noise estimate is zero everywhere, so that its size has no value.
    #[error("correction at t = {t}: found a noise estimate of zero, expected one that gives it a size")]
    Still {
        /// The time.
        t: f64,
    },
    /// Starts, states or outcomes that are not one a member, or fields of no numbers.
    #[error(transparent)]
    Length(#[from] Length),
    /// A run that cannot be stopped between two steps.
    #[error(
        "sampler: found one that may keep something from one step to the next, expected one whose steps follow \
         from x alone"
    )]
    Remembers,
    /// A state with more steps behind it than the run has.
    #[error("state: found {found} steps done, expected at most the run's {expected}")]
    Beyond {
        /// Steps done.
        found: usize,
        /// Those of the run.
        expected: usize,
    },
    /// A schedule that a grid cannot be made for.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The guidance failed.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
}
