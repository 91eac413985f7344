//! Low rank plus isotropic: the method of snapshots with probabilistic PCA's complement.

use crate::inner_products::InnerProducts;
use crate::streamed::{TemporalModes, check_rank};
use crate::{CovarianceError, Modes, Result};
use equipoise_field::{Length, Real, each};
use ndarray::Array2;

/// Entries of all snapshots that are widened to `f64` and multiplied together.
const BLOCK: usize = 1 << 10;

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
pub fn fit_low_rank<R: Real>(snapshots: &[&[R]], rank: usize, floor: f64) -> Result<LowRankFit<R>> {
    let n = snapshots.len();
    let dim = check(snapshots, floor)?;
    let limit = (n - 1).min(dim);
    check_rank(rank, limit, n)?;
    let mean = mean(snapshots, dim);
    let TemporalModes { eigenvalues: spectrum, vectors, .. } =
        TemporalModes::of_windows(gram(snapshots, &mean), rank, limit)?;
    let discarded: f64 = spectrum[rank..].iter().sum();
    let rest = dim - rank;
    let complement = (rest > 0).then(|| (discarded / rest as f64).max(floor));
    // Column j holds the combination of snapshots that is mode j.
    let mix =
        Array2::from_shape_fn((n, rank), |(i, j)| vectors[[i, j]] / (spectrum[j] * (n - 1) as f64).sqrt());
    let basis = combine(snapshots, &mean, &mix);
    let covariance = Modes::new(dim, basis, spectrum[..rank].to_vec(), complement)?;
    Ok(LowRankFit { mean, covariance, spectrum })
}

fn check<R: Real>(snapshots: &[&[R]], ridge: f64) -> Result<usize> {
    if snapshots.len() < 2 {
        return Err(CovarianceError::Snapshots { found: snapshots.len(), expected: 2 });
    }
    crate::error::ridge(ridge)?;
    let expected = snapshots[0].len();
    snapshots.iter().try_for_each(|s| Length::check("snapshot", s.len(), expected))?;
    Ok(expected)
}

fn mean<R: Real>(snapshots: &[&[R]], dim: usize) -> Vec<R> {
    let n = snapshots.len() as f64;
    let mut mean = vec![R::zero(); dim];
    each::chunk(&mut mean, BLOCK, |b, mean| {
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
pub(crate) fn centre<R: Real>(snapshots: &[&[R]], ridge: f64) -> Result<(Vec<R>, Array2<f64>)> {
    let dim = check(snapshots, ridge)?;
    let mean = mean(snapshots, dim);
    let centred = widened(snapshots, &mean, 0, dim);
    Ok((mean, centred))
}

fn widened<R: Real>(snapshots: &[&[R]], mean: &[R], start: usize, end: usize) -> Array2<f64> {
    let mut wide = Vec::with_capacity(snapshots.len() * (end - start));
    for snapshot in snapshots {
        wide.extend(snapshot[start..end].iter().zip(&mean[start..end]).map(|(v, m)| v.wide() - m.wide()));
    }
    Array2::from_shape_vec((snapshots.len(), end - start), wide).expect("a number per snapshot and entry")
}

/// The n × n matrix of inner products.
fn gram<R: Real>(snapshots: &[&[R]], mean: &[R]) -> Array2<f64> {
    let pieces: Vec<_> = (0..mean.len()).step_by(BLOCK).map(|b| b..mean.len().min(b + BLOCK)).collect();
    let mut products = InnerProducts::new(snapshots.len());
    products.add(&pieces, |snapshot, at, out| {
        let parts = snapshots[snapshot][at.clone()].iter().zip(&mean[at]);
        out.iter_mut().zip(parts).for_each(|(out, (v, m))| *out = v.wide() - m.wide());
    });
    let mut gram = Array2::zeros((snapshots.len(), snapshots.len()));
    products.add_to(1.0, &mut gram);
    gram
}

/// The modes, r × D, as combinations (columns of `mix`) of the centred snapshots.
fn combine<R: Real>(snapshots: &[&[R]], mean: &[R], mix: &Array2<f64>) -> Vec<R> {
    let (dim, rank) = (mean.len(), mix.ncols());
    let mut basis = vec![R::zero(); rank * dim];
    let mut blocks: Vec<Vec<&mut [R]>> = (0..dim).step_by(BLOCK).map(|_| Vec::with_capacity(rank)).collect();
    for mode in basis.chunks_mut(dim) {
        blocks.iter_mut().zip(mode.chunks_mut(BLOCK)).for_each(|(block, part)| block.push(part));
    }
    each::entry(&mut blocks, |b, parts| {
        let wide = widened(snapshots, mean, b * BLOCK, dim.min((b + 1) * BLOCK));
        for (part, row) in parts.iter_mut().zip(mix.t().dot(&wide).outer_iter()) {
            part.iter_mut().zip(row).for_each(|(m, &b)| *m = R::narrow(b));
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
        let message = |r: Result<LowRankFit<f64>>| r.err().unwrap().to_string();
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
