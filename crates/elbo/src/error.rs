//! What can go wrong in a bound.

use equipoise_denoiser::DenoiserError;
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
    /// Fewer draws than an error estimate needs.
    #[error("draws: found {found}, expected at least 2")]
    Draws {
        /// How many were asked for.
        found: usize,
    },
    /// The denoiser failed.
    #[error("the denoiser failed at step {step}")]
    Denoiser {
        /// t, in 1..=T.
        step: usize,
        /// Why.
        source: DenoiserError,
    },
}
