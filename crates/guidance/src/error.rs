//! What can go wrong in a guided estimate.

use equipoise_denoiser::DenoiserError;
use equipoise_field::Length;
#[cfg(feature = "gaussian")]
use equipoise_innovation::InnovationError;
use equipoise_likelihood::LikelihoodError;
use equipoise_observation::ObservationError;
use equipoise_scaling::{Law, ScalingError};

/// What comes of work that may fail with a [`GuidanceError`].
pub type Result<T, E = GuidanceError> = std::result::Result<T, E>;

/// A guidance that could not be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuidanceError {
    /// A buffer of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A law that is a ratio of traces, where none is given.
    #[error("law {law}: found no ratio of traces, expected those of the prior seen through the operator")]
    Traced {
        /// The law.
        law: Law,
    },
    /// A law that is not made of traces.
    #[error("law {law}: found no traces to probe, expected matched or active")]
    Untraced {
        /// The law.
        law: Law,
    },
    /// Too little to probe a denoiser with.
    #[error("probes: found {found} {what}, expected at least {least}")]
    Probes {
        /// What there is too little of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much it takes.
        least: usize,
    },
    /// Traces of a denoiser that make no variance, as where J is not a covariance.
    #[error("traces at μ = {mu}, σ = {sigma}: {cause}")]
    Traces {
        /// μ.
        mu: f64,
        /// σ.
        sigma: f64,
        /// What is wrong with them.
        cause: ScalingError,
    },
    /// A ratio of traces below zero, which no covariance has, of a denoiser that is no posterior mean.
    #[error(
        "traces at μ = {mu}, σ = {sigma}: found a ratio tr(B·AVAᵀ)/tr B of {ratio}, expected at least 0, as of a \
         covariance"
    )]
    Indefinite {
        /// μ.
        mu: f64,
        /// σ.
        sigma: f64,
        /// The ratio.
        ratio: f64,
    },
    /// A method that takes (σ²/μ)J for a covariance, where J is not known to be symmetric.
    #[error("{method}: found a denoiser whose J need not be symmetric, expected that of a posterior mean")]
    Asymmetric {
        /// The method's name.
        method: &'static str,
    },
    /// An observation without noise in which the prior has no variance left either.
    #[error(
        "{method} at μ = {mu}, σ = {sigma}: found no variance in observation {observation}, expected one \
         above 0; give its noise a variance"
    )]
    NoVariance {
        /// The method's name.
        method: &'static str,
        /// The observation.
        observation: usize,
        /// μ.
        mu: f64,
        /// σ.
        sigma: f64,
    },
    /// An observation that the method does not take.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// The denoiser failed.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// The likelihood reduction failed.
    #[error(transparent)]
    Likelihood(#[from] LikelihoodError),
    /// The innovation covariance failed.
    #[cfg(feature = "gaussian")]
    #[error(transparent)]
    Innovation(#[from] InnovationError),
}
