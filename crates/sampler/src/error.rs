//! What can go wrong with a run, divergence apart.

use equipoise_guidance::GuidanceError;

/// A run that could not be carried out. A diverging run is no error but an outcome.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SamplerError {
    /// A time grid that does not descend within [0, 1].
    #[error("time grid, entry {index}: found {found}, expected times that descend within [0, 1]")]
    Grid {
        /// The first entry at fault.
        index: usize,
        /// Its time.
        found: f64,
    },
    /// A corrector size that is not a positive number.
    #[error("tau: found {found}, expected a positive finite number")]
    Tau {
        /// The value.
        found: f64,
    },
    /// A start of the wrong length.
    #[error("start: found length {found}, expected {expected}")]
    Start {
        /// Its length.
        found: usize,
        /// D.
        expected: usize,
    },
    /// The guidance failed.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
}
