//! What can go wrong in a bound.

use equipoise_field::Length;

/// A bound that could not be computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElboError {
    /// Two arrays that belong together differ in length.
    #[error(transparent)]
    Length(#[from] Length),
    /// An eigenvalue that is no variance of a density.
    #[error("eigenvalue {index}: found {found}, expected a finite number above 0")]
    Eigenvalue {
        /// Its place.
        index: usize,
        /// Its value.
        found: f64,
    },
}
