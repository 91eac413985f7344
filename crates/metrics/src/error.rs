//! What can be wrong with the inputs of a diagnostic.

use equipoise_field::{Length, Shape};

/// What comes of work that may fail with a [`MetricsError`].
pub type Result<T, E = MetricsError> = std::result::Result<T, E>;

/// Inputs that a diagnostic is not defined for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// Projections of two ensembles on different directions.
    #[error(
        "projections: found {found} directions, expected the same {expected} directions of the same stream"
    )]
    Directions {
        /// Directions of the second ensemble.
        found: usize,
        /// Directions of the first.
        expected: usize,
    },
    /// A probability outside (0, 1).
    #[error("coverage: found level {found}, expected a number in (0, 1)")]
    Level {
        /// The level given.
        found: f64,
    },
}
