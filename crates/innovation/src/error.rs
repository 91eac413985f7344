//! What can go wrong with an innovation covariance.

use equipoise_blas::BlasError;
use equipoise_field::Length;
use equipoise_observation::ObservationError;

/// What comes of work that may fail with a [`InnovationError`].
pub type Result<T, E = InnovationError> = std::result::Result<T, E>;

/// An innovation covariance that cannot be formed or solved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InnovationError {
    /// A noise that is none of N observations, or not above 0 everywhere.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// BLAS has several threads, on whose number the bits of S would depend.
    #[error(transparent)]
    Blas(#[from] BlasError),
    /// A buffer of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A small dense system that is singular to working precision.
    #[error(
        "{what} is singular: S = s²I + A f(Σ) Aᵀ needs f ≥ 0 on the spectrum, and s² above the rounding of \
         A f(Σ) Aᵀ where observations repeat each other; a larger noise makes it regular"
    )]
    Singular {
        /// The matrix.
        what: &'static str,
        /// LAPACK's word.
        source: ndarray_linalg::error::LinalgError,
    },
    /// Conjugate gradients met a direction of non-positive curvature.
    #[error(
        "conjugate gradients: curvature {curvature:e} at iteration {iteration}, expected a positive definite S"
    )]
    Indefinite {
        /// The iteration.
        iteration: usize,
        /// dᵀSd.
        curvature: f64,
    },
}
