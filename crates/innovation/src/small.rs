//! Inverses of the small dense matrices that the direct methods come down to.

use crate::{InnovationError, Result};
use ndarray::Array2;
use ndarray_linalg::{Inverse, Lapack};

/// M⁻¹ by LU.
pub(crate) fn inverse<T: Lapack>(matrix: &Array2<T>, what: &'static str) -> Result<Array2<T>> {
    if matrix.is_empty() {
        return Ok(matrix.clone());
    }
    matrix.inv().map_err(|source| InnovationError::Singular { what, source })
}
