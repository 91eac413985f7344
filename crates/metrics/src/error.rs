//! What can be wrong with the inputs of a diagnostic.

use equipoise_field::{Length, Shape};

/// What comes of work that may fail with a [`MetricsError`].
pub type Result<T, E = MetricsError> = std::result::Result<T, E>;

/// Inputs that a diagnostic is not defined for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// Two arrays that must agree differ in length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A mask that does not fit the field.
    #[error("mask: found {found} flags, expected a divisor of the field's {expected} numbers")]
    Mask {
        /// The mask's length.
        found: usize,
        /// The field's length.
        expected: usize,
    },
    /// Nothing is left to average.
    #[error("{what}: no entry is included, expected at least 1")]
    Empty {
        /// What was to be averaged.
        what: &'static str,
    },
    /// An observed index beyond the field.
    #[error("observed index: found {found}, expected less than {expected}")]
    Index {
        /// The index.
        found: usize,
        /// The field's length.
        expected: usize,
    },
    /// A field without the two velocity components.
    #[error("field {shape}: found {found} channels, expected 2 velocity components", found = shape.channels)]
    Channels {
        /// The field's shape.
        shape: Shape,
    },
    /// A grid too small for differences.
    #[error("field {shape}: found a {h} × {w} grid, expected at least 3 × 3", h = shape.height, w = shape.width)]
    Grid {
        /// The field's shape.
        shape: Shape,
    },
    /// A distance of grid points that is not a positive number.
    #[error("grid: dx = {dx}, dy = {dy}, expected positive finite numbers")]
    Spacing {
        /// Distance along x.
        dx: f64,
        /// Distance along y.
        dy: f64,
    },
    /// A spectrum of a field that does not wrap around.
    #[error("energy spectrum: found an open boundary, expected a periodic grid")]
    NotPeriodic,
    /// A log-weight that is none.
    #[error("log-weight of member {member}: found {found}, expected a finite number or −inf")]
    LogWeight {
        /// The member.
        member: usize,
        /// Its log-weight.
        found: f64,
    },
    /// A diagnostic that rests on members of equal weight.
    #[error("{what}: not defined for an ensemble of unequal weights")]
    Weighted {
        /// The diagnostic.
        what: &'static str,
    },
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
