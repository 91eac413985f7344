//! What can be wrong with an observation.

use equipoise_field::Length;

/// What comes of work that may fail with a [`ObservationError`].
pub type Result<T, E = ObservationError> = std::result::Result<T, E>;

/// Readings, an operator and a noise that make no observation, or not the one a method takes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObservationError {
    /// A buffer of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A reading that is no number.
    #[error("y, entry {index}: found {found}, expected a finite number")]
    Value {
        /// The observation.
        index: usize,
        /// Its reading.
        found: f64,
    },
    /// A noise variance out of its range.
    #[error("noise variance of observation {index}: found {found}, expected {expected}")]
    Noise {
        /// The observation.
        index: usize,
        /// Its variance.
        found: f64,
        /// The range.
        expected: &'static str,
    },
    /// A method that is made for a linear observation.
    #[error("{method}: found a nonlinear observation operator, expected a linear one")]
    Nonlinear {
        /// The method's name.
        method: &'static str,
    },
}
