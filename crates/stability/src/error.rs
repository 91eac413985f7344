//! What keeps a run from being certified.

use equipoise_innovation::InnovationError;
use equipoise_reduced::ReducedError;

/// What comes of work that may fail with a [`StabilityError`].
pub type Result<T, E = StabilityError> = std::result::Result<T, E>;

/// A certificate that cannot be made. A run that will explode is no error but a verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StabilityError {
    /// A course without a step.
    #[error("course: found {found} times, expected at least 2")]
    Course {
        /// Times given.
        found: usize,
    },
    /// A level at which the predictor is not defined, or noise that does not fall.
    #[error(
        "course, entry {index}: σ/μ is {found}, expected a finite number above 0 (0 at the end) that falls"
    )]
    Level {
        /// The entry of the course.
        index: usize,
        /// σ/μ there.
        found: f64,
    },
    /// A law whose strength depends on the state, where no state is given.
    #[error("the law scales g by its norm: the step is not affine; freeze its factors along a trajectory")]
    StateDependent,
    /// A list with an entry for each of something else.
    #[error("{what}: found {found} entries, expected {expected}")]
    Length {
        /// The list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length it should have.
        expected: usize,
    },
    /// A setting of the corrector that is out of range.
    #[error("tau: found {found}, expected a positive finite number")]
    Tau {
        /// The value.
        found: f64,
    },
    /// No spectrum of what is observed, for a prior and an operator without common structure.
    #[error("the mean field needs the spectrum of the observed prior, which has no closed form here")]
    NoSpectrum,
    /// The law has no strength at a level, its variances differ within what the tables hold together, or a small
    /// eigenvalue problem failed.
    #[error(transparent)]
    Reduced(#[from] ReducedError),
    /// The innovation covariance failed.
    #[error(transparent)]
    Innovation(#[from] InnovationError),
}
