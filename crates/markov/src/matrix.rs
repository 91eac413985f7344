//! Dense matrices of real or complex numbers: what chains and filters need of them.

use crate::MarkovError;
use ndarray::{Array1, Array2, ShapeBuilder};
use ndarray_linalg::{Eigh, Lapack, UPLO};
use num_complex::Complex64;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for num_complex::Complex64 {}
}

/// The numbers that a chain is over: `f64` or `Complex64`.
pub trait Number: Lapack<Real = f64> + sealed::Sealed + Send + Sync {}

impl Number for f64 {}
impl Number for Complex64 {}

/// Mᴴ.
pub(crate) fn adjoint<S: Number>(m: &Array2<S>) -> Array2<S> {
    m.t().mapv(|z| z.conj())
}

/// (M + Mᴴ)/2.
pub(crate) fn hermitian<S: Number>(m: &Array2<S>) -> Array2<S> {
    let half = S::from_real(0.5);
    Array2::from_shape_fn(m.dim(), |(i, j)| (m[[i, j]] + m[[j, i]].conj()) * half)
}

/// M diag(w).
pub(crate) fn scale_columns<S: Number>(m: &Array2<S>, w: &Array1<f64>) -> Array2<S> {
    Array2::from_shape_fn(m.dim(), |(i, j)| m[[i, j]] * S::from_real(w[j]))
}

/// V diag(w) Vᴴ.
pub(crate) fn conjugated<S: Number>(v: &Array2<S>, w: &Array1<f64>) -> Array2<S> {
    hermitian(&scale_columns(v, w).dot(&adjoint(v)))
}

/// Writes a block from a place on.
pub(crate) fn put<S: Number>(m: &mut Array2<S>, [row, column]: [usize; 2], block: &Array2<S>) {
    block.indexed_iter().for_each(|((i, j), z)| m[[row + i, column + j]] = *z);
}

/// Eigenvalues, ascending, and eigenvectors (columns) of a Hermitian matrix.
pub(crate) fn eigen<S: Number>(
    m: &Array2<S>,
    what: &'static str,
) -> Result<(Array1<f64>, Array2<S>), MarkovError> {
    equipoise_blas::require_single_thread()?;
    if m.is_empty() {
        return Ok((Array1::zeros(0), m.clone()));
    }
    // Column-major: `eigh` hands a row-major Hermitian matrix to LAPACK transposed, which conjugates.
    let m = Array2::from_shape_fn(m.dim().f(), |(i, j)| m[[i, j]]);
    m.eigh(UPLO::Lower).map_err(|source| MarkovError::Factor { what, source })
}
