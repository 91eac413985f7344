//! What can go wrong with an exact posterior.

use equipoise_field::Length;
use equipoise_innovation::InnovationError;

/// What comes of work that may fail with a [`PosteriorError`].
pub type Result<T, E = PosteriorError> = std::result::Result<T, E>;

/// A posterior that cannot be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PosteriorError {
    /// A field or an observation of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// Too few draws for an estimate and its standard error.
    #[error("{what}: found {found}, expected at least {least}")]
    Probes {
        /// What there is too little of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many it takes.
        least: usize,
    },
    /// The innovation covariance failed.
    #[error(transparent)]
    Innovation(#[from] InnovationError),
}
