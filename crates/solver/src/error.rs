//! What can go wrong while binding a method or sampling, divergence apart.

use equipoise_guidance::GuidanceError;
#[cfg(feature = "gaussian")]
use equipoise_innovation::InnovationError;
use equipoise_observation::ObservationError;
use equipoise_sampler::SamplerError;

/// What comes of work that may fail with a [`SolverError`].
pub type Result<T, E = SolverError> = std::result::Result<T, E>;

/// A method that could not be bound to its observation, or a run that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SolverError {
    /// A method that does not exist.
    #[error("method: found `{found}`, expected one of {}", crate::Method::names())]
    UnknownMethod {
        /// The name given.
        found: String,
    },
    /// A prior and an observation that do not belong together.
    #[error("problem: found a prior with {prior}, and an observation with {observation}")]
    Mismatch {
        /// What the prior is.
        prior: String,
        /// What the observation is.
        observation: String,
    },
    /// Weights that are none.
    #[error("weights of an ensemble: found {found}, expected one finite or −∞ a member, not all −∞")]
    Weights {
        /// What is wrong with them.
        found: String,
    },
    /// A drawing that came to no member.
    #[error("ensemble: found no member, expected one")]
    Empty,
    /// A parameter that the method does not have, or a value that is none.
    #[error("method {method}: found `{found}`, expected {expected}")]
    Setting {
        /// The method.
        method: &'static str,
        /// What was given.
        found: String,
        /// What the method takes.
        expected: String,
    },
    /// A method that needs more than the problem has.
    #[error("method {method}: found {found}, expected {expected}")]
    Needs {
        /// The method.
        method: &'static str,
        /// What the problem has.
        found: &'static str,
        /// What the method needs.
        expected: &'static str,
    },
    /// A parameter out of its range.
    #[error("method {method}, {parameter}: found {found}, expected {expected}")]
    Parameter {
        /// The method.
        method: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The value given.
        found: f64,
        /// Its range.
        expected: &'static str,
    },
    /// The device that a run takes place on failed, or cannot hold the problem.
    #[error("run on the device: {reason}")]
    Device {
        /// What it was doing, and what it met.
        reason: String,
    },
    /// A sampler from outside this crate failed.
    #[error(transparent)]
    Own(Box<dyn std::error::Error + Send + Sync>),
    /// The run failed.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// The guidance failed.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
    /// An observation that the method does not take.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// The innovation covariance failed.
    #[cfg(feature = "gaussian")]
    #[error(transparent)]
    Innovation(#[from] InnovationError),
}
