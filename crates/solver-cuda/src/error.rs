//! What can go wrong with a run on the device, divergence apart.

use equipoise_guidance::GuidanceError;
use equipoise_likelihood::LikelihoodError;
use equipoise_likelihood_cuda::CudaError;
use equipoise_observation::ObservationError;
use equipoise_sampler::SamplerError;
use equipoise_solver::SolverError;

/// A problem that has no steps on the device, or a device that fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The device has no steps for this problem; the CPU may have.
    #[error("steps on the device, {what}: found {found}, expected {expected}")]
    Refused {
        /// The part of the problem.
        what: &'static str,
        /// What it is.
        found: &'static str,
        /// What there are steps for.
        expected: &'static str,
    },
    /// There is no cuBLAS library.
    #[error("found no cuBLAS library (libcublas.so.12 or cublas64_12.dll)")]
    NoBlas,
    /// cuBLAS fails.
    #[error("cuBLAS could not {what}: {reason}")]
    Blas {
        /// What it was asked to do.
        what: &'static str,
        /// What it says.
        reason: String,
    },
    /// Device, driver or kernels fail.
    #[error(transparent)]
    Cuda(#[from] CudaError),
    /// A level for which the law has no strength.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
    /// An observation that is nonlinear.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// A variance that is not positive.
    #[error(transparent)]
    Likelihood(#[from] LikelihoodError),
    /// A level without noise, or a start of the wrong length.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
}

impl From<StepError> for SolverError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Sampler(error) => Self::Sampler(error),
            StepError::Guidance(error) => Self::Guidance(error),
            StepError::Observation(error) => Self::Observation(error),
            other => Self::Device { reason: other.to_string() },
        }
    }
}
