//! What can go wrong between readings and an ensemble.

use equipoise_denoiser::DenoiserError;
use equipoise_guidance::GuidanceError;
use equipoise_metrics::MetricsError;
use equipoise_observation::ObservationError;
use equipoise_operator::OperatorError;
use equipoise_sampler::SamplerError;
use equipoise_scaling::{Law, ScalingError};
use equipoise_schedule::ScheduleError;
use equipoise_solver::SolverError;

/// Any error of this crate and of those that it re-exports. A diverging run is no error but an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EquipoiseError {
    /// A law whose v(t) needs traces that the problem cannot give.
    #[error(
        "law {law}: found a prior without traces in closed form, expected a Gaussian one, or clean fields to probe \
         it at (`Sda::law(..).probed(..)`)"
    )]
    Traces {
        /// The law.
        law: Law,
    },
    /// A law that compares N with a reference which the observation does not give.
    #[error(
        "law {law}: found {found}, expected its reference number of observations, at least 1 \
         (`Sda::law(..).reference(..)`)"
    )]
    Reference {
        /// The law.
        law: Law,
        /// What there is instead.
        found: &'static str,
    },
    /// A guidance of one's own for fields of another length.
    #[error("guidance: found one on fields of {found} numbers, expected {expected} as in the problem")]
    Length {
        /// The length that the guidance takes.
        found: usize,
        /// D.
        expected: usize,
    },
    /// A field drawn by a method of one's own that is not of the prior's length.
    #[error("member {member}: found a field of {found} numbers, expected {expected} as in the problem")]
    Drawn {
        /// Its place among the outcomes.
        member: usize,
        /// Its length.
        found: usize,
        /// D.
        expected: usize,
    },
    /// An observation that is none, or not one that the method takes.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// An operator that is none.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// A schedule or a grid that is none.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A denoiser that failed.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// A guidance that failed.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
    /// A sampler that is none, or a run that failed.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// A law that is none.
    #[error(transparent)]
    Scaling(#[from] ScalingError),
    /// A problem that does not fit itself or its method, or a drawing that failed.
    #[error(transparent)]
    Solver(#[from] SolverError),
    /// A diagnostic that has no value.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A covariance that is none, or a fit that failed.
    #[cfg(feature = "gaussian")]
    #[error(transparent)]
    Covariance(#[from] equipoise_covariance::CovarianceError),
    /// An innovation covariance that failed.
    #[cfg(feature = "gaussian")]
    #[error(transparent)]
    Innovation(#[from] equipoise_innovation::InnovationError),
    /// An exact posterior that failed.
    #[cfg(feature = "gaussian")]
    #[error(transparent)]
    Posterior(#[from] equipoise_posterior::PosteriorError),
}
