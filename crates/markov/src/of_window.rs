//! Gauss–Markov priors read off the prior of a window.

use crate::fit::gathered;
use crate::matrix::{eigen, hermitian};
use crate::{Chain, Clipped, Markov, MarkovError, Result};
use equipoise_covariance::{Covariance, Modes, Spectrum, Stationary, Structure};
use equipoise_field::{Real, Shape, each};
use ndarray::{Array2, Axis};
use num_complex::Complex64;

impl Markov {
    /// The prior that a window's Gaussian N(m, Σ) over (T, C, H, W), T ≥ 2, says of neighbouring frames: C₀ the average of
    /// its blocks (t, t), C₁ that of (t + 1, t), m that of its frames. Clipped at `limit`.
    ///
    /// A stationary Σ gives one chain a wavenumber. Explicit modes, Σ = λI + U(Λ − λI)Uᵀ, give the `rank` leading modes
    /// of the averaged frame and white noise of the variance they leave, a number of a frame each; as many modes as the
    /// window has where none is said, less those whose variance rounding cannot tell from 0.
    ///
    /// # Errors
    /// [`MarkovError::Size`] for a window of one frame or a mean of another length, [`MarkovError::Refused`],
    /// [`MarkovError::Refused`] for a covariance of no known structure.
    pub fn of_window<R: Real>(
        shape: Shape,
        mean: &[R],
        covariance: &dyn Covariance<R>,
        rank: Option<usize>,
        limit: f64,
    ) -> Result<(Self, Clipped)> {
        if shape.frames < 2 {
            let (found, expected) =
                (format!("{} frame", shape.frames), "at least 2: one does not tell how frames follow");
            return Err(MarkovError::refused("window of the prior", found, expected));
        }
        crate::prior::size("numbers of the window's mean", mean.len(), shape.len())?;
        crate::prior::size("numbers of the window's covariance", covariance.dim(), shape.len())?;
        let size = shape.frame();
        let of = |i: usize| (0..shape.frames).map(|t| mean[t * size + i].wide()).sum::<f64>();
        let mean: Vec<f64> = (0..size).map(|i| of(i) / shape.frames as f64).collect();
        match covariance.structure() {
            Structure::Stationary(_) if rank.is_some() => Err(MarkovError::rank(rank.unwrap_or(0), 0)),
            Structure::Stationary(blocks) => stationary(mean, blocks, limit),
            Structure::Modes(modes) => low_rank(shape, mean, modes, rank, limit),
            _ => {
                let (found, expected) = ("another structure", "explicit modes or a stationary one");
                Err(MarkovError::refused("covariance of a window", found, expected))
            }
        }
    }
}

fn stationary<R: Real>(mean: Vec<f64>, blocks: &Stationary<R>, limit: f64) -> Result<(Markov, Clipped)> {
    let (shape, spectrum) =
        (blocks.shape(), Spectrum::<f64>::new(blocks.shape().height, blocks.shape().width));
    let (channels, frames, planes) = (shape.channels, shape.frames, shape.planes());
    let chains = each::made(spectrum.wavenumbers(), |k| {
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
    gathered(shape, mean, &spectrum, chains.into_iter().collect::<Result<_, _>>()?, limit)
}

/// U_t (Λ − λI)^½ of every frame side by side, frame × (T·r): its square is T (C₀ − λI).
fn sides<R: Real>(shape: Shape, modes: &Modes<R>, isotropic: f64) -> Array2<f64> {
    let count = modes.rank();
    let mut sides = Array2::zeros((shape.frame(), shape.frames * count));
    for (i, l) in modes.eigenvalues().iter().enumerate() {
        let scale = (l - isotropic).max(0.0).sqrt();
        for (t, part) in modes.mode(i).chunks(shape.frame()).enumerate() {
            let mut side = sides.column_mut(t * count + i);
            side.iter_mut().zip(part).for_each(|(s, u)| *s = scale * u.wide());
        }
    }
    sides
}

fn low_rank<R: Real>(
    shape: Shape,
    mean: Vec<f64>,
    modes: &Modes<R>,
    rank: Option<usize>,
    limit: f64,
) -> Result<(Markov, Clipped)> {
    equipoise_blas::require_single_thread()?;
    let (size, frames, isotropic) = (shape.frame(), shape.frames, modes.complement().unwrap_or(0.0));
    let (count, sides) = (modes.rank(), sides(shape, modes, isotropic));
    let gram = hermitian(&(sides.t().dot(&sides) / frames as f64));
    let (values, vectors) = eigen(&gram, "the Gram matrix of a window's frames")?;
    let largest = values.iter().fold(0.0f64, |a, &b| a.max(b));
    let least = values.len() as f64 * f64::EPSILON * largest;
    let known = values.iter().filter(|l| **l > least).count().min(size);
    let rank = rank.unwrap_or(count.min(known));
    if rank == 0 || rank > known {
        return Err(MarkovError::rank(rank, known));
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
