//! Dense symmetric matrices through LAPACK.

use crate::error::{Result, WindowsError};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, Slice};
use ndarray_linalg::{Cholesky, Diag, EigValsh, Eigh, SVD, SolveTriangular, UPLO};
use std::ops::Range;

fn fault(
    what: &'static str,
    matrix: &Array2<f64>,
) -> impl FnOnce(ndarray_linalg::error::LinalgError) -> WindowsError {
    let dim = matrix.nrows();
    move |source| WindowsError::Linalg { what, dim, source }
}

/// The rows × columns of M.
pub(crate) fn block(m: &Array2<f64>, rows: Range<usize>, columns: Range<usize>) -> ArrayView2<'_, f64> {
    let ranges = [rows, columns];
    m.slice_each_axis(|axis| Slice::from(ranges[axis.axis.index()].clone()))
}

/// The rows × columns of M, to be written.
pub(crate) fn block_mut(
    m: &mut Array2<f64>,
    rows: Range<usize>,
    columns: Range<usize>,
) -> ArrayViewMut2<'_, f64> {
    let ranges = [rows, columns];
    m.slice_each_axis_mut(|axis| Slice::from(ranges[axis.axis.index()].clone()))
}

/// (M + Mᵀ)/2.
pub(crate) fn symmetric_part(m: &Array2<f64>) -> Array2<f64> {
    let mut out = m + &m.t();
    out *= 0.5;
    out
}

/// Eigenvalues of a symmetric matrix, ascending.
pub(crate) fn eigenvalues(what: &'static str, m: &Array2<f64>) -> Result<Array1<f64>> {
    m.eigvalsh(UPLO::Lower).map_err(fault(what, m))
}

/// Eigenvalues, ascending, and eigenvectors in the columns.
pub(crate) fn eigen(what: &'static str, m: &Array2<f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    m.eigh(UPLO::Lower).map_err(fault(what, m))
}

/// Q f(Λ) Qᵀ.
pub(crate) fn function(values: &Array1<f64>, vectors: &Array2<f64>, f: impl Fn(f64) -> f64) -> Array2<f64> {
    (vectors * &values.mapv(f).insert_axis(Axis(0))).dot(&vectors.t())
}

/// L of M = L Lᵀ.
pub(crate) fn factor(what: &'static str, m: &Array2<f64>) -> Result<Array2<f64>> {
    m.cholesky(UPLO::Lower).map_err(fault(what, m))
}

/// L⁻¹ B.
pub(crate) fn forward(what: &'static str, l: &Array2<f64>, b: &Array2<f64>) -> Result<Array2<f64>> {
    l.solve_triangular(UPLO::Lower, Diag::NonUnit, b).map_err(fault(what, l))
}

/// Singular values, descending.
pub(crate) fn singular_values(what: &'static str, m: &Array2<f64>) -> Result<Array1<f64>> {
    Ok(m.svd(false, false).map_err(fault(what, m))?.1)
}

/// ‖M‖² of Frobenius.
pub(crate) fn square(m: &Array2<f64>) -> f64 {
    m.iter().map(|x| x * x).sum()
}

/// tr A Bᵀ.
pub(crate) fn inner(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
