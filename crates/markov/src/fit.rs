//! Gauss–Markov priors fitted to series of frames, and read off the prior of a window.

use crate::lattices::unpacked;
use crate::matrix::{eigen, hermitian};
use crate::{Chain, Clipped, Markov, MarkovError};
use equipoise_covariance::{
    Covariance, DENSE_LIMIT, Modes, Spectrum, Stationary, Structure, fit_dense, fit_low_rank,
};
use equipoise_field::{Real, Shape, sum};
use ndarray::{Array2, Axis};
use num_complex::Complex64;
use rayon::prelude::*;

impl Markov {
    /// r modes and white noise, fitted to series of consecutive frames of (C, H, W), whose lengths may differ.
    ///
    /// Mean, modes and λ_⊥ are those of low rank plus isotropic over all frames (probabilistic PCA), Cov[a] = Λ − λ_⊥ I, and
    /// Cov[a_{τ+1}, a_τ] the average of neighbouring frames in the modes. Singular values of K are clipped at 1 − 1/T
    /// for T frames in all. Memory: an `f64` a number of the series.
    ///
    /// # Errors
    /// [`MarkovError::Size`] for series that are not whole frames or hold no neighbours, [`MarkovError::Covariance`] for
    /// a rank or numbers that give no modes.
    pub fn fit_modes<R: Real>(
        frame: Shape,
        series: &[&[R]],
        rank: usize,
    ) -> Result<(Self, Clipped), MarkovError> {
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
        let c0 =
            Array2::from_shape_fn(
                (rank, rank),
                |(i, j)| {
                    if i == j { modes.eigenvalues()[i] - white } else { 0.0 }
                },
            );
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
    /// As [`fit_modes`](Self::fit_modes); [`MarkovError::White`] for a ridge below 0.
    pub fn fit_wavenumbers<R: Real>(
        frame: Shape,
        series: &[&[R]],
        ridge: f64,
    ) -> Result<(Self, Clipped), MarkovError> {
        let (frames, limit) = record(frame, series)?;
        if !(ridge.is_finite() && ridge >= 0.0) {
            return Err(MarkovError::White { found: ridge });
        }
        let (plane, channels, size) = (frame.plane(), frame.channels, frame.frame());
        let mean: Vec<f64> = (0..channels)
            .map(|c| {
                let of = |x: &&[R]| sum::mean(&x[c * plane..(c + 1) * plane]);
                frames.iter().map(of).sum::<f64>() / frames.len() as f64
            })
            .collect();
        let spectrum = Spectrum::<f64>::new(frame.height, frame.width);
        let packed: Vec<Vec<f64>> = frames
            .par_iter()
            .map(|x| {
                let about: Vec<f64> = x.iter().enumerate().map(|(i, v)| v.wide() - mean[i / plane]).collect();
                let mut out = vec![0.0; size];
                spectrum.forward(&about, &mut out);
                out
            })
            .collect();
        let lengths: Vec<usize> = series.iter().map(|s| s.len() / size).collect();
        let chains = (0..spectrum.wavenumbers()).into_par_iter().map(|k| {
            let at = |t: usize, c: usize| unpacked(&spectrum, &packed[t][c * plane..(c + 1) * plane], k);
            let product = |later: usize, earlier: usize| {
                Array2::from_shape_fn((channels, channels), |(i, j)| at(later, i) * at(earlier, j).conj())
            };
            let (mut c0, mut lag) =
                (Array2::zeros((channels, channels)), Array2::zeros((channels, channels)));
            let (mut first, mut pairs) = (0, 0);
            for &length in &lengths {
                for t in first..first + length {
                    c0 += &product(t, t);
                    if t > first {
                        lag += &product(t, t - 1);
                        pairs += 1;
                    }
                }
                first += length;
            }
            c0.mapv_inplace(|z: Complex64| z / first as f64);
            c0.diag_mut().mapv_inplace(|z| z + ridge);
            lag.mapv_inplace(|z: Complex64| z / f64::from(pairs));
            Chain::of_lag(hermitian(&c0), &lag, limit)
        });
        let mean = mean.iter().flat_map(|&m| std::iter::repeat_n(m, plane)).collect();
        gathered(frame, mean, &spectrum, chains.collect::<Result<_, _>>()?, limit)
    }

    /// The prior that a window's Gaussian N(m, Σ) over (T, C, H, W), T ≥ 2, says of neighbouring frames: C₀ the average of
    /// its blocks (t, t), C₁ that of (t + 1, t), m that of its frames. Clipped at `limit`.
    ///
    /// A stationary Σ gives one chain a wavenumber. Explicit modes, Σ = λI + U(Λ − λI)Uᵀ, give the `rank` leading modes
    /// of the averaged frame and white noise of the variance they leave, a number of a frame each; as many modes as the
    /// window has where none is said, less those whose variance rounding cannot tell from 0.
    ///
    /// # Errors
    /// [`MarkovError::Size`] for a window of one frame or a mean of another length, [`MarkovError::Rank`],
    /// [`MarkovError::Limit`], [`MarkovError::Unknown`] for a covariance of no known structure.
    pub fn of_window<R: Real>(
        shape: Shape,
        mean: &[R],
        covariance: &dyn Covariance<R>,
        rank: Option<usize>,
        limit: f64,
    ) -> Result<(Self, Clipped), MarkovError> {
        if shape.frames < 2 {
            return Err(MarkovError::Window { found: shape.frames });
        }
        crate::prior::size("numbers of the window's mean", mean.len(), shape.len())?;
        crate::prior::size("numbers of the window's covariance", covariance.dim(), shape.len())?;
        let size = shape.frame();
        let of = |i: usize| (0..shape.frames).map(|t| mean[t * size + i].wide()).sum::<f64>();
        let mean: Vec<f64> = (0..size).map(|i| of(i) / shape.frames as f64).collect();
        match covariance.structure() {
            Structure::Stationary(_) if rank.is_some() => {
                Err(MarkovError::Rank { found: rank.unwrap_or(0), limit: 0 })
            }
            Structure::Stationary(blocks) => stationary(mean, blocks, limit),
            Structure::Modes(modes) => low_rank(shape, mean, modes, rank, limit),
            _ => Err(MarkovError::Unknown),
        }
    }
}

/// The frames of all series, and 1 − 1/T for T of them.
fn record<'a, R: Real>(frame: Shape, series: &[&'a [R]]) -> Result<(Vec<&'a [R]>, f64), MarkovError> {
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

/// The mean of snapshots and the leading modes of their covariance, with the mean of the rest: by the products of
/// snapshots, or of entries where these are fewer.
fn principal(snapshots: &[&[f64]], rank: usize) -> Result<(Vec<f64>, Modes<f64>), MarkovError> {
    let dim = snapshots.first().map_or(0, |s| s.len());
    if snapshots.len() <= dim || dim > DENSE_LIMIT {
        let fit = fit_low_rank(snapshots, rank, 0.0)?;
        return Ok((fit.mean, fit.covariance));
    }
    let (mean, all) = fit_dense(snapshots, 0.0)?;
    let values = all.eigenvalues();
    let known = values.iter().filter(|l| **l > f64::EPSILON * values[0]).count();
    if rank == 0 || rank > known {
        return Err(MarkovError::Rank { found: rank, limit: known });
    }
    let rest = (rank < dim).then(|| values[rank..].iter().sum::<f64>() / (dim - rank) as f64);
    let basis = all.basis()[..rank * dim].to_vec();
    Ok((mean, Modes::new(dim, basis, values[..rank].to_vec(), rest)?))
}

fn gathered(
    frame: Shape,
    mean: Vec<f64>,
    spectrum: &Spectrum<f64>,
    fitted: Vec<(Chain<Complex64>, Clipped)>,
    limit: f64,
) -> Result<(Markov, Clipped), MarkovError> {
    let mut clipped = Clipped::none(limit);
    let mut chains = Vec::with_capacity(fitted.len());
    for (k, (chain, found)) in fitted.into_iter().enumerate() {
        clipped.add(&found, if k < spectrum.self_conjugate() { 1 } else { 2 });
        chains.push(chain);
    }
    Ok((Markov::wavenumbers(frame, mean, chains)?, clipped))
}

fn stationary<R: Real>(
    mean: Vec<f64>,
    blocks: &Stationary<R>,
    limit: f64,
) -> Result<(Markov, Clipped), MarkovError> {
    let (shape, spectrum) =
        (blocks.shape(), Spectrum::<f64>::new(blocks.shape().height, blocks.shape().width));
    let (channels, frames, planes) = (shape.channels, shape.frames, shape.planes());
    let chains = (0..spectrum.wavenumbers()).into_par_iter().map(|k| {
        let (q, l) = (blocks.block_vectors(k), blocks.block_eigenvalues(k));
        let entry = |row: usize, column: usize| {
            let at = |i: usize| q[row * planes + i] * q[column * planes + i].conj() * l[i];
            (0..planes).map(at).sum::<Complex64>()
        };
        // Averaged over the places t of the earlier frame.
        let averaged = |lag: usize| {
            Array2::from_shape_fn((channels, channels), |(i, j)| {
                let of = |t: usize| entry((t + lag) * channels + i, t * channels + j);
                (0..frames - lag).map(of).sum::<Complex64>() / (frames - lag) as f64
            })
        };
        Chain::of_lag(hermitian(&averaged(0)), &averaged(1), limit)
    });
    gathered(shape, mean, &spectrum, chains.collect::<Result<_, _>>()?, limit)
}

fn low_rank<R: Real>(
    shape: Shape,
    mean: Vec<f64>,
    modes: &Modes<R>,
    rank: Option<usize>,
    limit: f64,
) -> Result<(Markov, Clipped), MarkovError> {
    equipoise_blas::require_single_thread()?;
    let (size, frames, isotropic) = (shape.frame(), shape.frames, modes.complement().unwrap_or(0.0));
    // U_t (Λ − λI)^½ of every frame side by side, frame × (T·r): its square is T (C₀ − λI).
    let count = modes.rank();
    let mut sides = Array2::zeros((size, frames * count));
    for (i, l) in modes.eigenvalues().iter().enumerate() {
        let scale = (l - isotropic).max(0.0).sqrt();
        for (t, part) in modes.mode(i).chunks(size).enumerate() {
            let mut side = sides.column_mut(t * count + i);
            side.iter_mut().zip(part).for_each(|(s, u)| *s = scale * u.wide());
        }
    }
    let gram = hermitian(&(sides.t().dot(&sides) / frames as f64));
    let (values, vectors) = eigen(&gram, "the Gram matrix of a window's frames")?;
    let largest = values.iter().fold(0.0f64, |a, &b| a.max(b));
    let least = values.len() as f64 * f64::EPSILON * largest;
    let known = values.iter().filter(|l| **l > least).count().min(size);
    let rank = rank.unwrap_or(count.min(known));
    if rank == 0 || rank > known {
        return Err(MarkovError::Rank { found: rank, limit: known });
    }
    let descending: Vec<f64> = values.iter().rev().copied().collect();
    let discarded: f64 = descending[rank..].iter().filter(|l| **l > 0.0).sum();
    let rest = size - rank;
    let white = isotropic + if rest > 0 { discarded / rest as f64 } else { 0.0 };
    let mut mix = Array2::zeros((values.len(), rank));
    for (i, l) in descending[..rank].iter().enumerate() {
        let column = vectors.column(values.len() - 1 - i);
        mix.column_mut(i).iter_mut().zip(column).for_each(|(m, v)| *m = v / (l * frames as f64).sqrt());
    }
    let basis = sides.dot(&mix);
    let mut c0 = Array2::zeros((rank, rank));
    (0..rank).for_each(|i| c0[[i, i]] = (descending[i] + isotropic - white).max(0.0));
    // Uᵀ of every frame's side, r × (T·r).
    let inside = basis.t().dot(&sides);
    let side = |t: usize| inside.slice_axis(Axis(1), (t * count..(t + 1) * count).into());
    let mut lag = Array2::zeros((rank, rank));
    (1..frames).for_each(|t| lag += &side(t).dot(&side(t - 1).t()));
    lag /= (frames - 1) as f64;
    let (chain, clipped) = Chain::of_lag(c0, &lag, limit)?;
    let flat: Vec<f64> = basis.t().iter().copied().collect();
    Ok((Markov::modes(shape, mean, &flat, chain, white)?, clipped))
}

#[cfg(test)]
mod tests;
