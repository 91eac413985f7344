//! A covariance given as a matrix, resolved completely by LAPACK.

use crate::{CovarianceError, DENSE_LIMIT, Modes, Result};
use equipoise_field::{Length, Real};
use ndarray::ArrayView2;
use ndarray_linalg::{Eigh, UPLO};

/// All modes of a symmetric positive semidefinite matrix Σ (D × D), by `syev`.
///
/// Eigenvalues come in descending order; rounding below zero is clipped.
///
/// # Errors
/// [`CovarianceError::TooLarge`] past [`DENSE_LIMIT`], [`CovarianceError::Length`] when Σ is not
/// square, [`CovarianceError::Eigen`] when LAPACK fails.
pub fn dense<R: Real>(sigma: ArrayView2<'_, f64>) -> Result<Modes<R>> {
    let dim = sigma.nrows();
    Length::check("columns of Σ", sigma.ncols(), dim)?;
    refuse_past_limit::<R>(dim)?;
    equipoise_blas::require_single_thread()?;
    let (values, vectors) = sigma
        .eigh(UPLO::Lower)
        .map_err(|source| CovarianceError::Eigen { what: format!("Σ ({dim} × {dim})"), source })?;
    let basis = (0..dim).rev().flat_map(|i| vectors.column(i).to_vec()).map(R::narrow).collect();
    let eigenvalues = values.iter().rev().map(|l| l.max(0.0)).collect();
    Modes::new(dim, basis, eigenvalues, None)
}

/// Refuses a dimension whose eigenvectors would not fit the limit, with the memory it would take.
pub(crate) fn refuse_past_limit<R: Real>(dim: usize) -> Result<()> {
    let gib = (dim as f64).powi(2) * size_of::<R>() as f64 / f64::from(1 << 30);
    if dim > DENSE_LIMIT {
        return Err(CovarianceError::TooLarge { dim, gib, limit: DENSE_LIMIT });
    }
    Ok(())
}

/// The dense covariance of snapshots about their mean (divided by n − 1), plus `ridge`·I.
///
/// # Errors
/// As [`dense`], and [`CovarianceError::Snapshots`] with fewer than two snapshots.
pub fn fit_dense<R: Real>(snapshots: &[&[R]], ridge: f64) -> Result<(Vec<R>, Modes<R>)> {
    let dim = snapshots.first().map_or(0, |s| s.len());
    refuse_past_limit::<R>(dim)?;
    equipoise_blas::require_single_thread()?;
    let (mean, centred) = crate::low_rank::centre(snapshots, ridge)?;
    let mut sigma = centred.t().dot(&centred) / (snapshots.len() - 1) as f64;
    sigma.diag_mut().mapv_inplace(|d| d + ridge);
    Ok((mean, dense(sigma.view())?))
}
