//! Low rank plus isotropic: the method of snapshots with probabilistic PCA's complement.

use crate::{CovarianceError, Modes};
use equipoise_field::Real;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, Slice};
use ndarray_linalg::{Eigh, UPLO};
use rayon::prelude::*;

/// Entries of all snapshots that are widened to `f64` and multiplied together.
const BLOCK: usize = 1 << 13;
/// Snapshots that are multiplied with as many others at a time, in the lower triangle alone.
const PANEL: usize = 128;
/// Sums that blocks are added to in turn: enough for many threads, whatever their number.
const LANES: usize = 16;

/// A fitted low-rank covariance with what the fit left out.
#[derive(Clone, Debug)]
pub struct LowRankFit<R> {
    /// The mean of the snapshots.
    pub mean: Vec<R>,
    /// The covariance.
    pub covariance: Modes<R>,
    /// All n − 1 sample eigenvalues, descending; the first r are the modes'.
    pub spectrum: Vec<f64>,
}

/// Σ = U Λ_r Uᵀ + λ_⊥(I − U Uᵀ) from snapshots of length D, without forming anything D × D.
///
/// The n × n Gram matrix of the centred snapshots (divided by n − 1) gives the modes (Sirovich
/// 1987); λ_⊥ is the mean of the discarded spectrum over the D − r remaining directions
/// (Tipping & Bishop 1999, eq. 8), but at least `floor`. Two passes over the snapshots.
///
/// # Errors
/// [`CovarianceError::Snapshots`], [`CovarianceError::Rank`] unless 1 ≤ rank ≤ n − 1,
/// [`CovarianceError::Ridge`], [`CovarianceError::Length`] for snapshots of different lengths.
pub fn fit_low_rank<R: Real>(
    snapshots: &[&[R]],
    rank: usize,
    floor: f64,
) -> Result<LowRankFit<R>, CovarianceError> {
    let n = snapshots.len();
    let dim = check(snapshots, floor)?;
    if rank == 0 || rank > (n - 1).min(dim) {
        return Err(CovarianceError::Rank { rank, limit: (n - 1).min(dim), snapshots: n });
    }
    let mean = mean(snapshots, dim);
    let gram = gram(snapshots, &mean) / (n - 1) as f64;
    let (values, vectors) = gram
        .eigh(UPLO::Lower)
        .map_err(|source| CovarianceError::Eigen { what: format!("the Gram matrix ({n} × {n})"), source })?;
    let spectrum: Vec<f64> = values.iter().rev().take((n - 1).min(dim)).map(|l| l.max(0.0)).collect();
    let kept = spectrum[..rank].iter().take_while(|&&l| l > f64::EPSILON * spectrum[0]).count();
    if kept < rank {
        return Err(CovarianceError::Rank { rank, limit: kept, snapshots: n });
    }
    let discarded: f64 = spectrum[rank..].iter().sum();
    let rest = dim - rank;
    let complement = (rest > 0).then(|| (discarded / rest as f64).max(floor));
    // Column j holds the combination of snapshots that is mode j.
    let mix = Array2::from_shape_fn((n, rank), |(i, j)| {
        vectors[[i, n - 1 - j]] / (spectrum[j] * (n - 1) as f64).sqrt()
    });
    let basis = combine(snapshots, &mean, &mix);
    let covariance = Modes::new(dim, basis, spectrum[..rank].to_vec(), complement)?;
    Ok(LowRankFit { mean, covariance, spectrum })
}

fn check<R: Real>(snapshots: &[&[R]], ridge: f64) -> Result<usize, CovarianceError> {
    if snapshots.len() < 2 {
        return Err(CovarianceError::Snapshots { found: snapshots.len(), expected: 2 });
    }
    if !(ridge.is_finite() && ridge >= 0.0) {
        return Err(CovarianceError::Ridge { found: ridge });
    }
    let expected = snapshots[0].len();
    match snapshots.iter().find(|s| s.len() != expected) {
        Some(s) => Err(CovarianceError::Length { what: "snapshot", found: s.len(), expected }),
        None => Ok(expected),
    }
}

fn mean<R: Real>(snapshots: &[&[R]], dim: usize) -> Vec<R> {
    let n = snapshots.len() as f64;
    let mut mean = vec![R::zero(); dim];
    mean.par_chunks_mut(BLOCK).enumerate().for_each(|(b, mean)| {
        let mut sum = vec![0.0; mean.len()];
        for snapshot in snapshots {
            let part = &snapshot[b * BLOCK..][..sum.len()];
            sum.iter_mut().zip(part).for_each(|(sum, v)| *sum += v.wide());
        }
        mean.iter_mut().zip(sum).for_each(|(mean, sum)| *mean = R::narrow(sum / n));
    });
    mean
}

/// The centred snapshots as an n × D matrix with their mean; for small D only.
pub(crate) fn centre<R: Real>(
    snapshots: &[&[R]],
    ridge: f64,
) -> Result<(Vec<R>, Array2<f64>), CovarianceError> {
    let dim = check(snapshots, ridge)?;
    let mean = mean(snapshots, dim);
    let centred = widened(snapshots, &mean, 0, dim);
    Ok((mean, centred))
}

fn widened<R: Real>(snapshots: &[&[R]], mean: &[R], start: usize, end: usize) -> Array2<f64> {
    let mut wide = Array2::zeros((snapshots.len(), end - start));
    for (mut row, snapshot) in wide.outer_iter_mut().zip(snapshots) {
        let parts = snapshot[start..end].iter().zip(&mean[start..end]);
        row.iter_mut().zip(parts).for_each(|(out, (v, m))| *out = v.wide() - m.wide());
    }
    wide
}

/// The n × n matrix of inner products: blocks are added in index order to every [`LANES`]-th sum, the sums
/// in order.
fn gram<R: Real>(snapshots: &[&[R]], mean: &[R]) -> Array2<f64> {
    let n = snapshots.len();
    let blocks = mean.len().div_ceil(BLOCK);
    let partial: Vec<Array2<f64>> = (0..LANES.min(blocks))
        .into_par_iter()
        .map(|lane| {
            let mut sum = Array2::zeros((n, n));
            for b in (lane..blocks).step_by(LANES) {
                let x = widened(snapshots, mean, b * BLOCK, mean.len().min((b + 1) * BLOCK));
                add_products(&x, &mut sum);
            }
            sum
        })
        .collect();
    let mut gram = partial.iter().fold(Array2::zeros((n, n)), |sum, p| sum + p);
    for i in 0..n {
        for j in i + 1..n {
            gram[[i, j]] = gram[[j, i]];
        }
    }
    gram
}

/// Adds X Xᵀ to the lower triangle of `sum`, panel by panel; above it, what falls within a panel.
fn add_products(x: &Array2<f64>, sum: &mut Array2<f64>) {
    let n = x.nrows();
    let panel = |i: usize| Slice::from(i..n.min(i + PANEL));
    for i in (0..n).step_by(PANEL) {
        for j in (0..=i).step_by(PANEL) {
            let (left, right) = (x.slice_axis(Axis(0), panel(i)), x.slice_axis(Axis(0), panel(j)));
            let mut rows = sum.slice_axis_mut(Axis(0), panel(i));
            let mut at = rows.slice_axis_mut(Axis(1), panel(j));
            general_mat_mul(1.0, &left, &right.t(), 1.0, &mut at);
        }
    }
}

/// The modes, r × D, as combinations (columns of `mix`) of the centred snapshots.
fn combine<R: Real>(snapshots: &[&[R]], mean: &[R], mix: &Array2<f64>) -> Vec<R> {
    let (dim, rank) = (mean.len(), mix.ncols());
    let starts: Vec<usize> = (0..dim).step_by(BLOCK).collect();
    let blocks: Vec<Array2<f64>> = starts
        .par_iter()
        .map(|&start| mix.t().dot(&widened(snapshots, mean, start, dim.min(start + BLOCK))))
        .collect();
    let mut basis = vec![R::zero(); rank * dim];
    basis.par_chunks_mut(dim).enumerate().for_each(|(i, mode)| {
        for (block, chunk) in blocks.iter().zip(mode.chunks_mut(BLOCK)) {
            chunk.iter_mut().zip(block.row(i)).for_each(|(m, &b)| *m = R::narrow(b));
        }
    });
    basis
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Covariance, check_covariance, fit_dense};
    use equipoise_field::sum;

    fn snapshots(n: usize, dim: usize) -> Vec<Vec<f64>> {
        let at = |s: usize, i: usize| (0.37 * ((1 + s) * i) as f64).sin() + (0.1 * (s * i) as f64).cos();
        (0..n).map(|s| (0..dim).map(|i| at(s, i) / (1.0 + i as f64)).collect()).collect()
    }

    /// The law: lanes, blocks and panels give the matrix of inner products, symmetric.
    #[test]
    fn the_gram_matrix_is_that_of_inner_products() {
        let data = snapshots(PANEL + 3, LANES * BLOCK + BLOCK / 2);
        let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        let mean = mean(&views, views[0].len());
        let gram = gram(&views, &mean);
        assert_eq!(gram, gram.t());
        let centred = |i: usize| each_minus(&data[i], &mean);
        for (i, j) in [(0, 0), (3, 1), (PANEL, 2), (PANEL + 2, PANEL + 1), (7, PANEL + 1)] {
            let (a, b) = (centred(i), centred(j));
            let bound = 1e-13 * sum::norm(&a) * sum::norm(&b);
            assert!((gram[[i, j]] - sum::dot(&a, &b)).abs() < bound, "{i}, {j}");
        }
    }

    fn each_minus(a: &[f64], b: &[f64]) -> Vec<f64> {
        a.iter().zip(b).map(|(a, b)| a - b).collect()
    }

    /// With full rank the low-rank model is the sample covariance on the snapshots' span, and the
    /// trace of what was cut is spread over the complement.
    #[test]
    fn agrees_with_the_dense_sample_covariance() {
        let data = snapshots(6, 40);
        let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        let (mean, full) = fit_dense(&views, 0.0).unwrap();
        for rank in [2, 5] {
            let fit = fit_low_rank(&views, rank, 0.0).unwrap();
            assert!(sum::squared_distance(&mean, &fit.mean) == 0.0);
            for i in 0..rank {
                let (l, e) = (fit.covariance.eigenvalues()[i], full.eigenvalues()[i]);
                assert!((l - e).abs() < 1e-12 * full.eigenvalues()[0], "λ_{i}: {l} {e}");
                let overlap = sum::dot(fit.covariance.mode(i), full.mode(i)).abs();
                assert!((overlap - 1.0).abs() < 1e-9, "mode {i}: {overlap}");
            }
            let (a, b) = (fit.covariance.trace(&|l| l), full.trace(&|l| l));
            assert!((a - b).abs() < 1e-12 * b, "trace {a} {b}");
            check_covariance(&fit.covariance, [&data[0], &data[1]], 1e-12);
            check_covariance(&full, [&data[0], &data[1]], 1e-12);
        }
    }

    #[test]
    fn the_complement_has_a_floor_and_faults_are_named() {
        let data = snapshots(4, 9);
        let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
        assert_eq!(fit_low_rank(&views, 3, 0.25).unwrap().covariance.complement(), Some(0.25));
        let message = |r: Result<LowRankFit<f64>, CovarianceError>| r.err().unwrap().to_string();
        assert_eq!(message(fit_low_rank(&views, 4, 0.0)), "rank: found 4, expected 1 to 3 with 4 snapshots");
        assert_eq!(message(fit_low_rank(&views[..1], 1, 0.0)), "snapshots: found 1, expected at least 2");
        assert!(message(fit_low_rank(&views, 2, f64::NAN)).starts_with("ridge: found NaN"));
        let large = vec![0.0f32; crate::DENSE_LIMIT + 1];
        assert!(fit_dense(&[&large, &large], 0.0).unwrap_err().to_string().contains("GiB"));
    }

    #[test]
    fn single_precision_conforms() {
        let data: Vec<Vec<f32>> =
            snapshots(6, 9000).iter().map(|s| s.iter().map(|&v| v as f32).collect()).collect();
        let views: Vec<&[f32]> = data.iter().map(Vec::as_slice).collect();
        let fit = fit_low_rank(&views, 4, 1e-6).unwrap();
        // The modes are rounded to 2^-24 each; runs of 16 products are added in f32.
        check_covariance(&fit.covariance, [&data[0], &data[1]], 32.0 * f64::from(f32::EPSILON));
    }
}
