//! A stationary Gaussian series: its covariance of any number of frames.

use crate::dense;
use crate::error::{Result, WindowsError};
use equipoise_markov::Chain;
use ndarray::{Array1, Array2};

/// The most numbers of a trajectory, L·d, whose matrices are made: 32 MB each.
pub const LIMIT: usize = 2000;

/// An eigenvalue below this share of the largest, and negative, is more than rounding.
const ROUNDING: f64 = 1e-9;

/// L frames of d numbers with mean 0 and Cov(x_{τ+l}, x_τ) = C_l, which stands for `weight` independent ones.
///
/// Its covariance is block Toeplitz. That the lags belong to a Markov chain is not used: any stationary series will do.
#[derive(Clone, Debug)]
pub struct Series {
    /// C_0 … C_{L−1}, d × d each.
    lags: Vec<Array2<f64>>,
    weight: f64,
    channels: Option<usize>,
}

/// Eigenvalues and eigenvectors of Σ, of some number of frames.
#[derive(Clone, Debug)]
pub(crate) struct Spectrum {
    pub(crate) values: Array1<f64>,
    pub(crate) vectors: Array2<f64>,
}

impl Series {
    /// From the covariances of the lags 0 … L − 1, of which C_0 is symmetric.
    ///
    /// # Errors
    /// [`WindowsError`]: no lag, matrices that are not d × d, numbers that are not finite, a weight that is not
    /// positive, more than [`LIMIT`] numbers, or BLAS with more threads than one.
    pub fn new(lags: Vec<Array2<f64>>, weight: f64) -> Result<Self> {
        equipoise_blas::require_single_thread()?;
        let dim = lags.first().map_or(0, Array2::nrows);
        if dim == 0 {
            return Err(WindowsError::Empty { what: "series" });
        }
        if lags.len().saturating_mul(dim) > LIMIT {
            return Err(WindowsError::TooLarge { frames: lags.len(), dim, limit: LIMIT });
        }
        if let Some(lag) = lags.iter().find(|lag| lag.dim() != (dim, dim)) {
            return Err(WindowsError::Size { what: "lag", found: lag.dim(), expected: (dim, dim) });
        }
        if let Some(found) = lags.iter().flatten().copied().find(|x| !x.is_finite()) {
            return Err(WindowsError::Number { what: "lag", found, expected: "finite numbers" });
        }
        if !(weight.is_finite() && weight > 0.0) {
            return Err(WindowsError::Number { what: "weight", found: weight, expected: "a number above 0" });
        }
        Ok(Self { lags, weight, channels: None })
    }

    /// L frames of the scalar AR(1) sequence of variance 1, Cov(x_{τ+l}, x_τ) = ρ^l.
    ///
    /// # Errors
    /// [`WindowsError::Number`] for a ρ outside (−1, 1); as [`new`](Self::new).
    pub fn scalar(rho: f64, frames: usize) -> Result<Self> {
        Self::ring(rho, 1, 0.0, frames)
    }

    /// L frames of `points` points on a ring: Cov of two of them j apart, l frames apart, is ρ^l κ^min(j, points − j)
    /// with κ = `space`.
    ///
    /// A negative κ on a ring of an odd number of points is no covariance, which is found where it is used.
    ///
    /// # Errors
    /// [`WindowsError::Number`] for a ρ or κ outside (−1, 1); as [`new`](Self::new).
    pub fn ring(rho: f64, points: usize, space: f64, frames: usize) -> Result<Self> {
        for (what, found) in [("ρ", rho), ("κ", space)] {
            if !(found.is_finite() && found.abs() < 1.0) {
                return Err(WindowsError::Number { what, found, expected: "a number between −1 and 1" });
            }
        }
        if frames.saturating_mul(points) > LIMIT {
            return Err(WindowsError::TooLarge { frames, dim: points, limit: LIMIT });
        }
        let power = |base: f64, exponent: usize| (0..exponent).map(|_| base).product::<f64>();
        let apart = |i: usize, j: usize| i.abs_diff(j).min(points - i.abs_diff(j));
        let frame = Array2::from_shape_fn((points, points), |(i, j)| power(space, apart(i, j)));
        Self::new((0..frames).map(|lag| &frame * power(rho, lag)).collect(), 1.0)
    }

    /// L frames of a Gauss–Markov chain plus noise of variance `white`, independent in every number of every frame.
    ///
    /// # Errors
    /// As [`new`](Self::new), and [`WindowsError::Markov`].
    pub fn of_chain(chain: &Chain<f64>, white: f64, frames: usize, weight: f64) -> Result<Self> {
        if frames.saturating_mul(chain.dim()) > LIMIT {
            return Err(WindowsError::TooLarge { frames, dim: chain.dim(), limit: LIMIT });
        }
        let mut lags =
            (0..frames).map(|lag| chain.lagged(lag)).collect::<std::result::Result<Vec<_>, _>>()?;
        lags.iter_mut().take(1).for_each(|c0| c0.diag_mut().mapv_inplace(|x| x + white));
        Self::new(lags, weight)
    }

    /// d.
    pub fn dim(&self) -> usize {
        self.lags[0].nrows()
    }

    /// L.
    pub fn frames(&self) -> usize {
        self.lags.len()
    }

    /// L·d.
    pub fn len(&self) -> usize {
        self.frames() * self.dim()
    }

    /// Never: a series has a frame.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// How many independent series this one stands for.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// tr C_0.
    pub fn variance(&self) -> f64 {
        self.lags[0].diag().sum()
    }

    /// Its first `frames` frames, as many as there are at most.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn first(&self, frames: usize) -> Result<Self> {
        let first = Self::new(self.lags.iter().take(frames).cloned().collect(), self.weight)?;
        Ok(Self { channels: self.channels, ..first })
    }

    /// As coefficients of an orthonormal transform over space in which every value of a channel has an equal share,
    /// as those of a wavenumber: number i belongs to channel i mod `channels`.
    ///
    /// CRPS is no invariant of such a transform. With this it is that of a value, a sum over all series.
    ///
    /// # Errors
    /// [`WindowsError::Size`] where d is no multiple of `channels`.
    pub fn spread(self, channels: usize) -> Result<Self> {
        if channels == 0 || !self.dim().is_multiple_of(channels) {
            let (found, expected) = ((channels, 1), (self.dim(), 1));
            return Err(WindowsError::Size { what: "channels, a divisor of d", found, expected });
        }
        Ok(Self { channels: Some(channels), ..self })
    }

    /// Channels of coefficients over space.
    pub(crate) fn channels(&self) -> Option<usize> {
        self.channels
    }

    /// Standing for another number of series.
    #[must_use]
    pub fn weighted(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Σ of the first `frames` frames.
    pub(crate) fn covariance(&self, frames: usize) -> Array2<f64> {
        let d = self.dim();
        let mut out = Array2::zeros((frames * d, frames * d));
        for i in 0..frames {
            for j in 0..=i {
                let lag = &self.lags[i - j];
                dense::block_mut(&mut out, i * d..(i + 1) * d, j * d..(j + 1) * d).assign(lag);
                dense::block_mut(&mut out, j * d..(j + 1) * d, i * d..(i + 1) * d).assign(&lag.t());
            }
        }
        out
    }

    /// Eigenvalues and eigenvectors of Σ of the first `frames` frames; negative ones within rounding are 0.
    pub(crate) fn spectrum(&self, frames: usize) -> Result<Spectrum> {
        let (values, vectors) = dense::eigen("eigenvalues of a covariance", &self.covariance(frames))?;
        let (lowest, highest) = (values[0], values[values.len() - 1]);
        if lowest.is_nan() || lowest < -ROUNDING * highest {
            return Err(WindowsError::Indefinite { frames, lowest });
        }
        Ok(Spectrum { values: values.mapv(|value| value.max(0.0)), vectors })
    }
}

impl Spectrum {
    /// G = Σ(Σ + ρ²I)⁻¹, the Wiener filter of x + ρε.
    pub(crate) fn gain(&self, ratio: f64) -> Array2<f64> {
        dense::function(&self.values, &self.vectors, |value| value / (value + ratio * ratio))
    }

    /// The diagonal of ρ²Σ(Σ + ρ²I)⁻¹, the posterior variance of every number.
    pub(crate) fn posterior_variance(&self, ratio: f64) -> Array1<f64> {
        let square = ratio * ratio;
        let each = self.values.mapv(|value| square * value / (value + square));
        self.vectors.mapv(|x| x * x).dot(&each)
    }
}
