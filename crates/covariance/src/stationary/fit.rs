//! Fitting a stationary covariance: averaged cross-periodograms of snapshots.

use super::{Spectrum, Stationary};
use crate::{CovarianceError, Result};
use equipoise_field::{Length, Real, Shape, each, sum};
use ndarray::{Array2, ShapeBuilder};
use ndarray_linalg::{Eigh, UPLO};
use num_complex::Complex;
use rayon::prelude::*;

/// Snapshots that are transformed before their products are added up.
const BATCH: usize = 16;

/// The mean and the stationary covariance of snapshots of `shape`, plus `ridge`·I.
///
/// The mean is one number per plane (t, c). Every block is the average over snapshots of x_k x_kᴴ,
/// which equals the sample covariance averaged over all shifts of the grid.
///
/// # Errors
/// [`CovarianceError::Snapshots`] without any, [`CovarianceError::Length`] for one of the wrong
/// length, [`CovarianceError::Ridge`], [`CovarianceError::Eigen`].
pub fn fit_stationary<R: Real>(
    shape: Shape,
    snapshots: &[&[R]],
    ridge: f64,
) -> Result<(Vec<R>, Stationary<R>)> {
    if snapshots.is_empty() {
        return Err(CovarianceError::Snapshots { found: 0, expected: 1 });
    }
    crate::error::ridge(ridge)?;
    snapshots.iter().try_for_each(|s| Length::check("snapshot", s.len(), shape.len()))?;
    let mean = plane_means(shape, snapshots);
    let blocks = periodograms(shape, snapshots, &mean);
    let field = mean.iter().flat_map(|&m| std::iter::repeat_n(m, shape.plane())).collect();
    let (vectors, values) = decomposed(shape.planes(), blocks.len(), ridge, |k| blocks[k].clone())?;
    drop(blocks);
    Ok((field, Stationary::new(shape, vectors, values)?))
}

/// Eigenvectors and eigenvalues of `count` blocks, plus `ridge`·I, from their lower triangles (row ≥
/// column, row-major), as [`Stationary::new`] takes them.
pub(super) fn decomposed(
    planes: usize,
    count: usize,
    ridge: f64,
    lower: impl Fn(usize) -> Vec<Complex<f64>> + Sync,
) -> Result<(Vec<Complex<f64>>, Vec<f64>)> {
    let mut values = vec![0.0; count * planes];
    let mut vectors = vec![Complex::new(0.0, 0.0); count * planes * planes];
    let places = values.par_chunks_mut(planes).zip(vectors.par_chunks_mut(planes * planes)).enumerate();
    places.try_for_each(|(k, (values, vectors))| {
        let (l, q) = decompose(planes, &lower(k))?;
        values.iter_mut().zip(l).for_each(|(value, l)| *value = l.max(0.0) + ridge);
        vectors.copy_from_slice(&q);
        Ok::<(), CovarianceError>(())
    })?;
    Ok((vectors, values))
}

fn plane_means<R: Real>(shape: Shape, snapshots: &[&[R]]) -> Vec<R> {
    let n = snapshots.len() as f64;
    (0..shape.planes())
        .map(|p| {
            let at = p * shape.plane()..(p + 1) * shape.plane();
            R::narrow(snapshots.iter().map(|s| sum::mean(&s[at.clone()])).sum::<f64>() / n)
        })
        .collect()
}

/// The lower triangle (row ≥ column, row-major) of every wavenumber's block.
fn periodograms<R: Real>(shape: Shape, snapshots: &[&[R]], mean: &[R]) -> Vec<Vec<Complex<f64>>> {
    let spectrum = Spectrum::<R>::new(shape.height, shape.width);
    let planes = shape.planes();
    let mut blocks = vec![vec![Complex::new(0.0, 0.0); planes * (planes + 1) / 2]; spectrum.wavenumbers()];
    for batch in snapshots.chunks(BATCH) {
        let packed = each::made(batch.len(), |s| {
            let centred = batch[s].iter().enumerate().map(|(i, &v)| v - mean[i / shape.plane()]);
            let mut out = vec![R::zero(); shape.len()];
            spectrum.forward(&centred.collect::<Vec<R>>(), &mut out);
            out
        });
        each::entry(&mut blocks, |k, block| {
            let mut x = vec![Complex::new(0.0, 0.0); planes];
            for packed in &packed {
                unpack(&spectrum, packed, k, &mut x);
                let mut at = 0;
                for row in 0..planes {
                    for column in 0..=row {
                        block[at] += x[row] * x[column].conj();
                        at += 1;
                    }
                }
            }
        });
    }
    let n = snapshots.len() as f64;
    blocks.iter_mut().flatten().for_each(|z| *z /= n);
    blocks
}

/// The Fourier coefficient of every plane at wavenumber k.
fn unpack<R: Real>(spectrum: &Spectrum<R>, packed: &[R], k: usize, x: &mut [Complex<f64>]) {
    let own = spectrum.self_conjugate();
    for (x, plane) in x.iter_mut().zip(packed.chunks(spectrum.plane())) {
        *x = if k < own {
            Complex::new(plane[k].wide(), 0.0)
        } else {
            let im = plane[spectrum.wavenumbers() + k - own].wide();
            Complex::new(plane[k].wide(), im) * std::f64::consts::FRAC_1_SQRT_2
        };
    }
}

/// Eigenvalues (descending) and eigenvectors (row-major: plane, mode) of a Hermitian block.
fn decompose(planes: usize, lower: &[Complex<f64>]) -> Result<(Vec<f64>, Vec<Complex<f64>>)> {
    equipoise_blas::require_single_thread()?;
    let entry = |r: usize, c: usize| lower[r * (r + 1) / 2 + c];
    let failed = |source| CovarianceError::Eigen { what: "a wavenumber's block".into(), source };
    let real = lower.iter().all(|z| z.im == 0.0);
    let (values, vectors) = if real {
        let block = Array2::from_shape_fn((planes, planes), |(r, c)| entry(r.max(c), r.min(c)).re);
        let (values, vectors) = block.eigh(UPLO::Lower).map_err(failed)?;
        (values, vectors.mapv(|v| Complex::new(v, 0.0)))
    } else {
        // Column-major: `eigh` hands a row-major Hermitian matrix to LAPACK transposed, which conjugates.
        let block = Array2::from_shape_fn((planes, planes).f(), |(r, c)| {
            if r >= c { entry(r, c) } else { entry(c, r).conj() }
        });
        block.eigh(UPLO::Lower).map_err(failed)?
    };
    let order = || (0..planes).rev();
    let rows = (0..planes).flat_map(|r| order().map(move |i| (r, i)));
    Ok((order().map(|i| values[i]).collect(), rows.map(|(r, i)| vectors[[r, i]]).collect()))
}
