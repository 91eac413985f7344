//! The leading eigenvectors of the windows' Gram matrix: one coefficient per window.

use crate::{CovarianceError, Modes, Result};
use ndarray::{Array2, Axis};
use ndarray_linalg::{Eigh, UPLO};

/// Eigenvalues λ_j of the sample covariance with unit vectors v_j over the windows, so that mode j is
/// Xᵀ v_j / √((n − 1)λ_j) of the centred windows X.
#[derive(Clone, Debug)]
pub struct TemporalModes {
    /// Descending; divided by n − 1. Those of the Gram matrix are all n − 1, those of the randomised
    /// method as many as it sought.
    pub eigenvalues: Vec<f64>,
    /// n × r: the leading v_j, orthogonal to the constant vector.
    pub vectors: Array2<f64>,
    /// tr of the sample covariance.
    pub trace: f64,
}

impl TemporalModes {
    /// The leading `rank` of a Gram matrix of centred windows (n × n), in n³ operations.
    ///
    /// # Errors
    /// [`CovarianceError::Rank`] unless 1 ≤ rank ≤ n − 1 and that many eigenvalues are positive,
    /// [`CovarianceError::Eigen`] when LAPACK fails.
    pub fn of_gram(gram: Array2<f64>, rank: usize) -> Result<Self> {
        let limit = gram.nrows().saturating_sub(1);
        Self::of_windows(gram, rank, limit)
    }

    /// As [`of_gram`](Self::of_gram), of windows that have `limit` directions at most.
    pub(crate) fn of_windows(mut gram: Array2<f64>, rank: usize, limit: usize) -> Result<Self> {
        let n = gram.nrows();
        check_rank(rank, limit, n)?;
        equipoise_blas::require_single_thread()?;
        gram /= (n - 1) as f64;
        let what = || format!("the Gram matrix ({n} × {n})");
        let (values, vectors) =
            gram.eigh(UPLO::Lower).map_err(|source| CovarianceError::Eigen { what: what(), source })?;
        let eigenvalues: Vec<f64> = values.iter().rev().take(limit).map(|l| l.max(0.0)).collect();
        let vectors = last(&vectors, rank);
        Self { trace: eigenvalues.iter().sum(), eigenvalues, vectors }.resolved(rank)
    }

    /// The covariance of these modes over D numbers, given their fields (r × D, mode by mode); λ_⊥ is at least `floor`.
    ///
    /// # Errors
    /// [`CovarianceError::Ridge`] for a floor that is negative or not finite, [`CovarianceError::Length`].
    pub fn with_basis(&self, dim: usize, basis: Vec<f32>, floor: f64) -> Result<Modes<f32>> {
        crate::error::ridge(floor)?;
        let leading = self.eigenvalues[..self.vectors.ncols()].to_vec();
        let rest = dim.saturating_sub(leading.len());
        let discarded = (self.trace - leading.iter().sum::<f64>()).max(0.0);
        let complement = (rest > 0).then(|| (discarded / rest as f64).max(floor));
        Modes::new(dim, basis, leading, complement)
    }

    /// Itself, if `rank` eigenvalues stand above rounding.
    pub(super) fn resolved(self, rank: usize) -> Result<Self> {
        let least = f64::EPSILON * self.eigenvalues[0];
        let kept = self.eigenvalues[..rank].iter().take_while(|&&l| l > least).count();
        check_rank(rank, kept, self.vectors.nrows())?;
        Ok(self)
    }
}

/// The last `rank` columns, the last first: LAPACK's order is ascending.
pub(super) fn last(vectors: &Array2<f64>, rank: usize) -> Array2<f64> {
    let indices: Vec<usize> = (0..vectors.ncols()).rev().take(rank).collect();
    vectors.select(Axis(1), &indices)
}

/// 1 ≤ rank ≤ limit.
pub(crate) fn check_rank(rank: usize, limit: usize, snapshots: usize) -> Result<()> {
    if snapshots < 2 {
        return Err(CovarianceError::Snapshots { found: snapshots, expected: 2 });
    }
    if rank == 0 || rank > limit {
        return Err(CovarianceError::Rank { rank, limit, snapshots });
    }
    Ok(())
}
