//! What can be wrong with an observation operator.

use equipoise_field::Shape;

/// An operator that cannot be built.
#[derive(Debug, thiserror::Error)]
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
}
