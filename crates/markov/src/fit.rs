//! Gauss–Markov priors fitted to series of frames.

use crate::lattices::unpacked;
use crate::matrix::hermitian;
use crate::{Chain, Clipped, Markov, MarkovError, Result};
use equipoise_covariance::{Covariance, DENSE_LIMIT, Modes, Spectrum, fit_dense, fit_low_rank};
use equipoise_field::{Real, Shape, each, sum};
use ndarray::{Array1, Array2};
use num_complex::Complex64;

impl Markov {
    /// r modes and white noise, fitted to series of consecutive frames of (C, H, W), whose lengths may differ.
    ///
    /// Mean, modes and λ_⊥ are those of low rank plus isotropic over all frames (probabilistic PCA), Cov(a) = Λ − λ_⊥ I, and
    /// Cov(a_{τ+1}, a_τ) the average of neighbouring frames in the modes. Singular values of K are clipped at 1 − 1/T
    /// for T frames in all. Memory: an `f64` a number of the series.
    ///
    /// # Errors
    /// [`MarkovError::Size`] for series that are not whole frames or hold no neighbours, [`MarkovError::Covariance`] for
    /// a rank or numbers that give no modes.
    pub fn fit_modes<R: Real>(frame: Shape, series: &[&[R]], rank: usize) -> Result<(Self, Clipped)> {
        let (frames, limit) = record(frame, series)?;
        let size = frame.frame();
        let wide: Vec<Vec<f64>> = frames.iter().map(|x| x.iter().map(|v| v.wide()).collect()).collect();
        let snapshots: Vec<&[f64]> = wide.iter().map(Vec::as_slice).collect();
        let (mean, modes) = principal(&snapshots, rank)?;
        let white = modes.complement().unwrap_or(0.0);
        let coordinates: Vec<Vec<f64>> = snapshots
            .iter()
            .map(|x| {
                let about: Vec<f64> = x.iter().zip(&mean).map(|(x, m)| x - m).collect();
                modes.project(&about)
            })
            .collect();
        let (mut lag, mut pairs, mut first) = (Array2::zeros((rank, rank)), 0, 0);
        for length in series.iter().map(|s| s.len() / size) {
            for pair in coordinates[first..first + length].windows(2) {
                for (i, later) in pair[1].iter().enumerate() {
                    pair[0].iter().enumerate().for_each(|(j, earlier)| lag[[i, j]] += later * earlier);
                }
                pairs += 1;
            }
            first += length;
        }
        lag /= f64::from(pairs);
        let c0 = Array2::from_diag(&modes.eigenvalues().iter().map(|l| l - white).collect::<Array1<f64>>());
        let (chain, clipped) = Chain::of_lag(c0, &lag, limit)?;
        Ok((Self::modes(frame, mean, modes.basis(), chain, white)?, clipped))
    }

    /// One chain a wavenumber, fitted to series of consecutive frames of (C, H, W) on a periodic grid.
    ///
    /// The mean is one number a channel; C₀ and C₁ of a wavenumber are the averages of x_τ x_τᴴ and x_{τ+1} x_τᴴ, which is the
    /// sample covariance averaged over all shifts of the grid, with `ridge`·I in C₀. Clipped at 1 − 1/T for T frames
    /// in all. Memory: an `f64` a number of the series.
    ///
    /// # Errors
    /// As [`fit_modes`](Self::fit_modes); [`MarkovError::Refused`] for a ridge below 0.
    pub fn fit_wavenumbers<R: Real>(frame: Shape, series: &[&[R]], ridge: f64) -> Result<(Self, Clipped)> {
        let (frames, limit) = record(frame, series)?;
        if !(ridge.is_finite() && ridge >= 0.0) {
            return Err(MarkovError::white(ridge));
        }
        let (plane, channels, size) = (frame.plane(), frame.channels, frame.frame());
        let mean: Vec<f64> = (0..channels)
            .map(|c| {
                let of = |x: &&[R]| sum::mean(&x[c * plane..(c + 1) * plane]);
                frames.iter().map(of).sum::<f64>() / frames.len() as f64
            })
            .collect();
        let spectrum = Spectrum::<f64>::new(frame.height, frame.width);
        let packed = each::made(frames.len(), |t| {
            let about = frames[t].iter().enumerate().map(|(i, v)| v.wide() - mean[i / plane]);
            let mut out = vec![0.0; size];
            spectrum.forward(&about.collect::<Vec<f64>>(), &mut out);
            out
        });
        let lengths: Vec<usize> = series.iter().map(|s| s.len() / size).collect();
        let chains = each::made(spectrum.wavenumbers(), |k| {
            let at = |t: usize, c: usize| unpacked(&spectrum, &packed[t][c * plane..(c + 1) * plane], k);
            let (mut c0, lag) = lags(&lengths, channels, at);
            c0.diag_mut().mapv_inplace(|z| z + ridge);
            Chain::of_lag(hermitian(&c0), &lag, limit)
        });
        let mean = mean.iter().flat_map(|&m| std::iter::repeat_n(m, plane)).collect();
        gathered(frame, mean, &spectrum, chains.into_iter().collect::<Result<_, _>>()?, limit)
    }
}

/// The frames of all series, and 1 − 1/T for T of them.
fn record<'a, R: Real>(frame: Shape, series: &[&'a [R]]) -> Result<(Vec<&'a [R]>, f64)> {
    let size = frame.frame();
    if size == 0 {
        return Err(MarkovError::Size { what: "numbers of a frame", found: 0, expected: 1 });
    }
    if let Some(s) = series.iter().find(|s| s.is_empty() || s.len() % size != 0) {
        return Err(MarkovError::Size { what: "numbers of a series", found: s.len(), expected: size });
    }
    for s in series {
        if let Some(index) = s.iter().position(|v| !v.is_finite()) {
            return Err(MarkovError::NotFinite { what: "series", index });
        }
    }
    let longest = series.iter().map(|s| s.len() / size).max().unwrap_or(0);
    if longest < 2 {
        return Err(MarkovError::Size { what: "frames of the longest series", found: longest, expected: 2 });
    }
    let frames: Vec<&[R]> = series.iter().flat_map(|s| s.chunks(size)).collect();
    let limit = 1.0 - 1.0 / frames.len() as f64;
    Ok((frames, limit))
}

/// The averages of x_τ x_τᴴ over all frames and of x_{τ+1} x_τᴴ over neighbours, from number c of frame t.
fn lags(
    lengths: &[usize],
    channels: usize,
    at: impl Fn(usize, usize) -> Complex64,
) -> (Array2<Complex64>, Array2<Complex64>) {
    let zero = || Array2::zeros((channels, channels));
    let product = |later: usize, earlier: usize| {
        Array2::from_shape_fn((channels, channels), |(i, j)| at(later, i) * at(earlier, j).conj())
    };
    let (mut c0, mut lag, mut first, mut pairs) = (zero(), zero(), 0, 0);
    for &length in lengths {
        for t in first..first + length {
            c0 += &product(t, t);
            if t > first {
                lag += &product(t, t - 1);
                pairs += 1;
            }
        }
        first += length;
    }
    (c0.mapv(|z: Complex64| z / first as f64), lag.mapv(|z: Complex64| z / f64::from(pairs)))
}

/// The mean of snapshots and the leading modes of their covariance, with the mean of the rest: by the products of
/// snapshots, or of entries where these are fewer.
fn principal(snapshots: &[&[f64]], rank: usize) -> Result<(Vec<f64>, Modes<f64>)> {
    let dim = snapshots.first().map_or(0, |s| s.len());
    if snapshots.len() <= dim || dim > DENSE_LIMIT {
        let fit = fit_low_rank(snapshots, rank, 0.0)?;
        return Ok((fit.mean, fit.covariance));
    }
    let (mean, all) = fit_dense(snapshots, 0.0)?;
    let values = all.eigenvalues();
    let known = values.iter().filter(|l| **l > f64::EPSILON * values[0]).count();
    if rank == 0 || rank > known {
        return Err(MarkovError::rank(rank, known));
    }
    let rest = (rank < dim).then(|| values[rank..].iter().sum::<f64>() / (dim - rank) as f64);
    let basis = all.basis()[..rank * dim].to_vec();
    Ok((mean, Modes::new(dim, basis, values[..rank].to_vec(), rest)?))
}

pub(crate) fn gathered(
    frame: Shape,
    mean: Vec<f64>,
    spectrum: &Spectrum<f64>,
    fitted: Vec<(Chain<Complex64>, Clipped)>,
    limit: f64,
) -> Result<(Markov, Clipped)> {
    let mut clipped = Clipped::none(limit);
    let mut chains = Vec::with_capacity(fitted.len());
    for (k, (chain, found)) in fitted.into_iter().enumerate() {
        clipped.add(&found, if k < spectrum.self_conjugate() { 1 } else { 2 });
        chains.push(chain);
    }
    Ok((Markov::wavenumbers(frame, mean, chains)?, clipped))
}

#[cfg(test)]
mod tests;
