//! What can be wrong with an observation operator.

use equipoise_field::Shape;

/// What comes of work that may fail with a [`OperatorError`].
pub type Result<T, E = OperatorError> = std::result::Result<T, E>;

/// An operator that cannot be built.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum OperatorError {
    /// The stride of a subsampling is zero or exceeds the grid.
    #[error("subsampling rate `sub`: found {sub}, expected 1 to {limit} on the grid of {shape}")]
    Stride {
        /// The stride asked for.
        sub: usize,
        /// The smaller side of the grid.
        limit: usize,
        /// The field it was asked on.
        shape: Shape,
    },
    /// A coarsening factor does not divide the grid.
    #[error("coarsening factor: found {factor}, expected a divisor of both sides of the grid of {shape}")]
    Factor {
        /// The factor asked for.
        factor: usize,
        /// The field it was asked on.
        shape: Shape,
    },
    /// A masked index lies outside the field.
    #[error("mask index [{position}]: found {index}, expected less than the field's length {len}")]
    MaskOutside {
        /// Position in the list of indices.
        position: usize,
        /// The flat index found there.
        index: usize,
        /// D, the length of the field.
        len: usize,
    },
    /// Masked indices do not increase.
    #[error(
        "mask index [{position}]: found {index} after {previous}, expected increasing indices without repeats"
    )]
    MaskOrder {
        /// Position in the list of indices.
        position: usize,
        /// The flat index found there.
        index: usize,
        /// The flat index before it.
        previous: usize,
    },
    /// A sensor lies outside the trajectory.
    #[error(
        "sensor {sensor}, `{coordinate}`: found {found}, expected 0 or more and {} {limit}",
        if *closed { "at most" } else { "below" }
    )]
    SensorOutside {
        /// Position in the list of sensors.
        sensor: usize,
        /// The coordinate's name.
        coordinate: &'static str,
        /// Its value.
        found: f64,
        /// The end of the axis.
        limit: usize,
        /// Whether the end itself lies inside.
        closed: bool,
    },
    /// A matrix does not have rows × columns entries.
    #[error("matrix: found {found} entries, expected {rows} × {columns}")]
    MatrixLength {
        /// Number of entries.
        found: usize,
        /// N.
        rows: usize,
        /// D.
        columns: usize,
    },
    /// A matrix entry is NaN or infinite.
    #[error("matrix entry ({row}, {column}): found {found}, expected a finite number")]
    MatrixEntry {
        /// Row of the entry.
        row: usize,
        /// Column of the entry.
        column: usize,
        /// Its value.
        found: f64,
    },
    /// Vorticity needs two velocity channels on at least 2 × 2 points.
    #[error("vorticity: found a field of {shape}, expected 2 channels on at least 2 × 2 points")]
    Velocity {
        /// The field it was asked on.
        shape: Shape,
    },
    /// The distance of grid points is not a positive finite number.
    #[error("grid distance `{axis}`: found {found}, expected a positive finite number")]
    Distance {
        /// `dx` or `dy`.
        axis: &'static str,
        /// Its value.
        found: f64,
    },
    /// The inner operator's observations are not the outer operator's field.
    #[error("composition: the outer operator takes {outer} numbers, the inner one yields {inner}")]
    Composition {
        /// Length of the outer operator's field.
        outer: usize,
        /// Number of the inner operator's observations.
        inner: usize,
    },
}
