//! A Gauss–Markov prior of whole frames.

use crate::{Chain, MarkovError, Result};
use equipoise_covariance::Spectrum;
use equipoise_field::{Real, Shape};
use ndarray::Array2;
use num_complex::Complex64;
use std::sync::Arc;

/// How far UᵀU may lie from I, entry by entry: modes rounded to `f32` over some 10⁶ numbers stay within.
const ORTHONORMAL: f64 = 1e-4;

/// x_τ ~ N(m, C₀) for frames of (C, H, W), and how one frame follows another.
#[derive(Clone, Debug)]
pub struct Markov {
    shape: Shape,
    mean: Vec<f64>,
    form: Form,
}

#[derive(Clone, Debug)]
pub(crate) enum Form {
    Modes(Arc<ModeChain>),
    Wavenumbers(Arc<WaveChains>),
}

/// r modes that follow one chain, and white noise.
#[derive(Debug)]
pub(crate) struct ModeChain {
    /// U, frame × r.
    pub(crate) basis: Array2<f64>,
    pub(crate) chain: Chain<f64>,
    /// λ_⊥.
    pub(crate) white: f64,
}

/// A chain of C complex numbers for each independent wavenumber.
#[derive(Debug)]
pub(crate) struct WaveChains {
    pub(crate) spectrum: Spectrum<f64>,
    pub(crate) chains: Vec<Chain<Complex64>>,
}

/// Independent numbers that follow one chain, alike `copies` times over, in orthonormal coordinates of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The chain of d numbers.
    pub chain: Chain<f64>,
    /// The variance that every one of them has beside, white in time.
    pub white: f64,
    /// How many such sets of d numbers there are.
    pub copies: usize,
}

impl Part {
    /// Cov(x_{τ+lag}, x_τ) of its d numbers, the white variance included.
    ///
    /// # Errors
    /// As [`Chain::lagged`].
    pub fn lagged(&self, lag: usize) -> Result<Array2<f64>> {
        let mut c = self.chain.lagged(lag)?;
        if lag == 0 {
            c.diag_mut().mapv_inplace(|v| v + self.white);
        }
        Ok(c)
    }
}

impl Markov {
    /// x_τ = m + U a_τ + e_τ with `chain` for the r numbers a, and e ~ N(0, λ_⊥ I), independent from number to number
    /// and from frame to frame.
    ///
    /// e has all directions of a frame, those of U too: a frame's covariance is U Cov(a) Uᵀ + λ_⊥ I, which is that of
    /// low rank plus isotropic, U Λ Uᵀ + λ_⊥(I − U Uᵀ), where Cov(a) = Λ − λ_⊥ I. `modes` holds U mode by mode (r × C·H·W).
    ///
    /// # Errors
    /// [`MarkovError::Size`], [`MarkovError::NotFinite`], [`MarkovError::Refused`] unless λ_⊥ ≥ 0 is finite,
    /// [`MarkovError::Refused`].
    pub fn modes(shape: Shape, mean: Vec<f64>, modes: &[f64], chain: Chain<f64>, white: f64) -> Result<Self> {
        let (shape, rank) = (Shape { frames: 1, ..shape }, chain.dim());
        check(shape, &mean)?;
        size("numbers of the modes", modes.len(), rank * shape.len())?;
        finite("modes", modes)?;
        if !(white.is_finite() && white >= 0.0) {
            return Err(MarkovError::white(white));
        }
        equipoise_blas::require_single_thread()?;
        let basis = Array2::from_shape_fn((shape.len(), rank), |(j, i)| modes[i * shape.len() + j]);
        for ((row, column), product) in basis.t().dot(&basis).indexed_iter() {
            let expected = f64::from(u8::from(row == column));
            if (product - expected).abs() > ORTHONORMAL {
                let (what, found) = (format!("modes {row} and {column}"), format!("the product {product}"));
                return Err(MarkovError::refused(what, found, "orthonormal modes"));
            }
        }
        Ok(Self { shape, mean, form: Form::Modes(Arc::new(ModeChain { basis, chain, white })) })
    }

    /// A chain for each independent wavenumber of a periodic grid, in the order of
    /// [`Spectrum`], over the C complex coefficients of the unitary transform.
    ///
    /// # Errors
    /// [`MarkovError::Size`], [`MarkovError::NotFinite`]; [`MarkovError::Refused`] where a wavenumber that is its own
    /// partner has a complex chain.
    pub fn wavenumbers(shape: Shape, mean: Vec<f64>, chains: Vec<Chain<Complex64>>) -> Result<Self> {
        let shape = Shape { frames: 1, ..shape };
        check(shape, &mean)?;
        let spectrum = Spectrum::new(shape.height, shape.width);
        size("chains, one a wavenumber", chains.len(), spectrum.wavenumbers())?;
        for (wavenumber, chain) in chains.iter().enumerate() {
            size("numbers of a wavenumber's chain", chain.dim(), shape.channels)?;
            let scale = chain.c0().iter().fold(0.0f64, |a, z| a.max(z.norm()));
            let off = |m: &Array2<Complex64>| m.iter().fold(0.0f64, |a, z| a.max(z.im.abs()));
            let real = off(chain.c0()) <= 1e-10 * scale && off(chain.k()) <= 1e-10;
            if wavenumber < spectrum.self_conjugate() && !real {
                let expected = "real ones where a wavenumber is its own partner";
                let chain = format!("chain of wavenumber {wavenumber}");
                return Err(MarkovError::refused(chain, "complex numbers", expected));
            }
        }
        Ok(Self { shape, mean, form: Form::Wavenumbers(Arc::new(WaveChains { spectrum, chains })) })
    }

    /// (1, C, H, W).
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// m of a frame.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    /// The independent real chains that together are the prior: Σ d·copies = C·H·W.
    ///
    /// Modes: the r numbers Uᵀx, and the C·H·W − r white ones across them. Wavenumbers: C numbers where one is its own
    /// partner, 2C at the others.
    ///
    /// # Errors
    /// [`MarkovError::Blas`].
    pub fn parts(&self) -> Result<Vec<Part>> {
        match &self.form {
            Form::Modes(form) => {
                let white = Chain::scalar(0.0, form.white)?;
                let rest = self.shape.len() - form.chain.dim();
                let modes = Part { chain: form.chain.clone(), white: form.white, copies: 1 };
                let rest = (rest > 0).then_some(Part { chain: white, white: 0.0, copies: rest });
                Ok(std::iter::once(modes).chain(rest).collect())
            }
            Form::Wavenumbers(form) => {
                let own = form.spectrum.self_conjugate();
                let part = |(k, chain): (usize, &Chain<Complex64>)| {
                    let chain = if k < own { chain.real_part()? } else { chain.real() };
                    Ok(Part { chain, white: 0.0, copies: 1 })
                };
                form.chains.iter().enumerate().map(part).collect()
            }
        }
    }

    /// m, `frames` times over.
    pub fn repeated<R: Real>(&self, frames: usize) -> Vec<R> {
        let frame: Vec<R> = self.mean.iter().map(|&m| R::narrow(m)).collect();
        std::iter::repeat_n(frame, frames).flatten().collect()
    }

    /// The variance of every number of a frame.
    pub fn variance(&self) -> Vec<f64> {
        match &self.form {
            Form::Modes(form) => {
                let spread = form.basis.dot(form.chain.c0());
                let rows = spread.rows().into_iter().zip(form.basis.rows());
                rows.map(|(a, b)| a.dot(&b) + form.white).collect()
            }
            Form::Wavenumbers(form) => {
                let own = form.spectrum.self_conjugate();
                let weight = |k: usize| if k < own { 1.0 } else { 2.0 };
                let plane = self.shape.plane();
                let of = |c: usize| {
                    let chains = form.chains.iter().enumerate();
                    chains.map(|(k, chain)| weight(k) * chain.c0()[[c, c]].re).sum::<f64>() / plane as f64
                };
                (0..self.shape.channels).flat_map(|c| std::iter::repeat_n(of(c), plane)).collect()
            }
        }
    }
}

impl Chain<Complex64> {
    /// The chain of real numbers that this one is to rounding.
    pub(crate) fn real_part(&self) -> Result<Chain<f64>> {
        Chain::new(self.c0().mapv(|z| z.re), self.k().mapv(|z| z.re))
    }
}

fn check(shape: Shape, mean: &[f64]) -> Result<()> {
    if shape.is_empty() {
        return Err(MarkovError::Size { what: "numbers of a frame", found: 0, expected: 1 });
    }
    size("numbers of the mean", mean.len(), shape.len())?;
    finite("mean", mean)
}

pub(crate) fn size(what: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected { Ok(()) } else { Err(MarkovError::Size { what, found, expected }) }
}

pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<()> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(index) => Err(MarkovError::NotFinite { what, index }),
        None => Ok(()),
    }
}
