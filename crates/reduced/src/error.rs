//! What keeps a run from being reduced.

use equipoise_guidance::GuidanceError;
use equipoise_observation::ObservationError;
use equipoise_sampler::SamplerError;
use ndarray_linalg::error::LinalgError;

/// What comes of work that may fail with a [`ReducedError`].
pub type Result<T, E = ReducedError> = std::result::Result<T, E>;

/// A run that does not fit the reduced coordinates, or cannot be carried out there. A diverging run
/// is no error but an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReducedError {
    /// A prior and an operator without a structure that splits.
    #[error(
        "reduced space: found {found}, expected explicit modes under an operator with A Aᵀ = c·I, or a \
         stationary prior on a lattice whose stride divides the grid"
    )]
    Structure {
        /// What they are.
        found: &'static str,
    },
    /// Variances of a law or a noise that differ within what the reduced coordinates hold together.
    #[error(
        "variances: found {found}, expected one number, or one a channel as in the noise of the prior's tables"
    )]
    Variances {
        /// How they vary.
        found: &'static str,
    },
    /// A field, a list or a set of coefficients of the wrong length.
    #[error("{what}: found length {found}, expected {expected}")]
    Length {
        /// What it is.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length expected.
        expected: usize,
    },
    /// Coefficients that another space made.
    #[error("coefficients: found those of another kind of space")]
    Foreign,
    /// A small matrix that could not be factored.
    #[error("{what} could not be factored")]
    Factor {
        /// The matrix.
        what: &'static str,
        /// LAPACK's account.
        source: LinalgError,
    },
    /// An innovation block that is not positive definite.
    #[error("innovation at μ = {mu}, σ = {sigma}: found pivot {pivot} in row {row}, expected a positive one")]
    Indefinite {
        /// μ.
        mu: f64,
        /// σ.
        sigma: f64,
        /// The row of the block.
        row: usize,
        /// What was left of its diagonal entry.
        pivot: f64,
    },
    /// The law has no variance at a level.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
    /// An observation that is nonlinear.
    #[error(transparent)]
    Observation(#[from] ObservationError),
    /// A level at which there is no noise estimate.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
}

/// The error of a length that is not the expected one.
pub(crate) fn expect(what: &'static str, found: usize, expected: usize) -> Result<(), ReducedError> {
    if found == expected { Ok(()) } else { Err(ReducedError::Length { what, found, expected }) }
}
