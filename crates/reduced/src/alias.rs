//! A stationary prior on a dividing lattice: one block for each coarse wavenumber.
//!
//! Sampling every s-th point folds the fine wavenumbers k ≡ q onto q. In the prior's coefficients of those
//! wavenumbers, in which Σ is diagonal, A is V_q = (Q_k/s)_{k ≡ q} with T·C rows.

use crate::matrix::function;
use crate::{ReducedError, Result, Weighing};
use equipoise_covariance::{Spectrum, Stationary, Structure};
use equipoise_field::{Real, sum};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_operator::Selection;
use ndarray::{Array1, Array2};
use num_complex::Complex;

/// The coefficients that are seen at one coarse wavenumber.
#[derive(Clone, Debug)]
pub struct AliasBlock {
    /// (q_H, q_W).
    coarse: (usize, usize),
    /// Coarse wavenumbers that this block stands for: q and −q, or q alone.
    pub multiplicity: f64,
    /// T·C.
    pub planes: usize,
    /// λ of every coefficient, alias by alias, the T·C modes of each together.
    pub lambda: Vec<f64>,
    /// The independent wavenumber of the prior that every alias is, marked where its partner is meant.
    pub(crate) aliases: Vec<(usize, bool)>,
    /// V_q row by row, real parts.
    re: Vec<f64>,
    /// V_q row by row, imaginary parts.
    im: Vec<f64>,
}

/// All blocks of a lattice.
#[derive(Clone, Debug)]
pub struct AliasBlocks {
    /// One for each independent coarse wavenumber.
    pub blocks: Vec<AliasBlock>,
    /// s² of every plane.
    noise: Vec<f64>,
    /// H·W of the coarse grid.
    plane: usize,
    stride: usize,
    /// (H, W) of the coarse grid.
    coarse: (usize, usize),
}

/// f(W) on what a block sees.
#[derive(Clone, Debug)]
pub enum PlaneWeight {
    /// One number for each plane.
    Planes(Vec<f64>),
    /// A full matrix, T·C × T·C.
    Matrix(Array2<Complex<f64>>),
}

/// What the blocks of one lattice are made from.
pub(crate) struct Folding<'a, R: Real> {
    pub(crate) prior: &'a Stationary<R>,
    pub(crate) stride: usize,
    pub(crate) coarse: Spectrum<R>,
    /// As [`Spectrum::directory`] has it.
    directory: Vec<(usize, bool)>,
}

impl<'a, R: Real> Folding<'a, R> {
    pub(crate) fn of(observed: &'a ObservedPrior<R>) -> Result<Self> {
        let structure = (observed.covariance().structure(), observed.operator().selection());
        let (Structure::Stationary(prior), Selection::Lattice { stride, shape }) = structure else {
            return Err(ReducedError::Structure { found: "no stationary prior on a lattice" });
        };
        if !(shape.height.is_multiple_of(stride) && shape.width.is_multiple_of(stride)) {
            return Err(ReducedError::Structure { found: "a stride that does not divide the grid" });
        }
        let coarse = Spectrum::new(shape.height / stride, shape.width / stride);
        Ok(Self { prior, stride, coarse, directory: prior.spectrum().directory() })
    }

    /// The block of coarse wavenumber number `q`.
    pub(crate) fn block(&self, q: usize) -> AliasBlock {
        let (shape, stride) = (self.prior.shape(), self.stride);
        let (qx, qy) = self.coarse.wavenumber(q);
        let alias = |alias: usize| {
            let kx = qx + alias / stride * (shape.height / stride);
            let ky = qy + alias % stride * (shape.width / stride);
            self.directory[kx * shape.width + ky]
        };
        let aliases: Vec<(usize, bool)> = (0..stride * stride).map(alias).collect();
        let planes = shape.planes();
        let len = aliases.len() * planes;
        let (mut re, mut im) = (vec![0.0; planes * len], vec![0.0; planes * len]);
        let mut lambda = Vec::with_capacity(len);
        for (a, &(k, partner)) in aliases.iter().enumerate() {
            let vectors = self.prior.block_vectors(k);
            for (plane, mode) in (0..planes).flat_map(|p| (0..planes).map(move |m| (p, m))) {
                let z = vectors[plane * planes + mode] / stride as f64;
                let at = plane * len + a * planes + mode;
                (re[at], im[at]) = (z.re, if partner { -z.im } else { z.im });
            }
            lambda.extend_from_slice(self.prior.block_eigenvalues(k));
        }
        let multiplicity = if q < self.coarse.self_conjugate() { 1.0 } else { 2.0 };
        AliasBlock { coarse: (qx, qy), multiplicity, planes, lambda, aliases, re, im }
    }
}

/// One number for every plane, from a variance for every observation.
pub(crate) fn by_plane(variance: &NoiseVariance, planes: usize, plane: usize) -> Result<Vec<f64>> {
    let fits = match variance {
        NoiseVariance::Uniform(_) => true,
        NoiseVariance::PerChannel { plane: own, .. } => *own == plane,
        NoiseVariance::PerObservation(_) => variance.uniform().is_some(),
    };
    if !fits {
        return Err(ReducedError::Variances { found: "more than one a plane" });
    }
    Ok((0..planes).map(|p| variance.at(p * plane)).collect())
}

impl AliasBlocks {
    /// D·T·C complex numbers.
    ///
    /// # Errors
    /// [`ReducedError::Structure`] but for a stationary prior on a lattice whose stride divides the grid,
    /// [`ReducedError::Variances`] for a noise that differs otherwise than by channel.
    pub fn new<R: Real>(observed: &ObservedPrior<R>) -> Result<Self> {
        let folding = Folding::of(observed)?;
        let (shape, stride) = (folding.prior.shape(), folding.stride);
        let plane = folding.coarse.plane();
        let noise = by_plane(observed.noise(), shape.planes(), plane)?;
        let blocks = (0..folding.coarse.wavenumbers()).map(|q| folding.block(q)).collect();
        Ok(Self { blocks, noise, plane, stride, coarse: (shape.height / stride, shape.width / stride) })
    }

    /// (k_H, k_W), signed, and the mode of coefficient `i` of a block.
    pub fn wavenumber(&self, block: &AliasBlock, i: usize) -> ((i64, i64), usize) {
        let alias = i / block.planes;
        let kh = block.coarse.0 + alias / self.stride * self.coarse.0;
        let kw = block.coarse.1 + alias % self.stride * self.coarse.1;
        let signed = |k, coarse| signed(k, coarse * self.stride);
        ((signed(kh, self.coarse.0), signed(kw, self.coarse.1)), i % block.planes)
    }

    /// (q_H, q_W) of a block, signed.
    pub fn coarse_wavenumber(&self, block: &AliasBlock) -> (i64, i64) {
        (signed(block.coarse.0, self.coarse.0), signed(block.coarse.1, self.coarse.1))
    }

    /// f(W) in a block, where Cov[x | x_t] has the eigenvalues v(λ).
    ///
    /// # Errors
    /// [`ReducedError::Variances`], [`ReducedError::Factor`].
    pub fn weight(
        &self,
        block: &AliasBlock,
        weighing: &Weighing,
        v: impl Fn(f64) -> f64,
        f: impl Fn(f64) -> f64,
    ) -> Result<PlaneWeight> {
        match weighing {
            Weighing::Diagonal(variance) => {
                let variances = by_plane(variance, block.planes, self.plane)?;
                Ok(PlaneWeight::Planes(variances.iter().map(|v| f(1.0 / v)).collect()))
            }
            Weighing::Innovation => {
                let mut s = block.observed(&block.lambda.iter().map(|&l| v(l)).collect::<Vec<_>>());
                s.diag_mut().iter_mut().zip(&self.noise).for_each(|(s, noise)| *s += noise);
                Ok(PlaneWeight::Matrix(function(&s, "an innovation block", |l| f(1.0 / l))?))
            }
        }
    }
}

/// The wavenumber of smallest size that `k` is on a grid of `points`.
fn signed(k: usize, points: usize) -> i64 {
    let (k, points) = (k as i64, points as i64);
    if 2 * k > points { k - points } else { k }
}

impl PlaneWeight {
    /// The matrix.
    pub fn matrix(&self) -> Array2<Complex<f64>> {
        match self {
            Self::Planes(w) => Array2::from_diag(&Array1::from_iter(w.iter().map(|&w| w.into()))),
            Self::Matrix(w) => w.clone(),
        }
    }

    /// y ← f(W) y.
    fn apply(&self, y: &mut [Complex<f64>]) {
        match self {
            Self::Planes(w) => y.iter_mut().zip(w).for_each(|(y, w)| *y *= w),
            Self::Matrix(w) => {
                let from = y.to_vec();
                let row = |row: ndarray::ArrayView1<'_, Complex<f64>>| {
                    row.iter().zip(&from).map(|(m, x)| m * x).sum()
                };
                y.iter_mut().zip(w.rows()).for_each(|(y, w)| *y = row(w));
            }
        }
    }
}

impl AliasBlock {
    /// V of one plane and coefficient.
    pub(crate) fn entry(&self, plane: usize, i: usize) -> Complex<f64> {
        let at = plane * self.lambda.len() + i;
        Complex::new(self.re[at], self.im[at])
    }

    fn row(&self, plane: usize) -> (&[f64], &[f64]) {
        let at = plane * self.lambda.len()..(plane + 1) * self.lambda.len();
        (&self.re[at.clone()], &self.im[at])
    }

    /// V diag(w) Vᴴ, T·C × T·C.
    pub fn observed(&self, w: &[f64]) -> Array2<Complex<f64>> {
        let weigh = |row: &[f64]| -> Vec<f64> { row.iter().zip(w).map(|(x, w)| x * w).collect() };
        let mut out = Array2::zeros((self.planes, self.planes));
        for r in 0..self.planes {
            let (a, b) = self.row(r);
            let (a, b) = (weigh(a), weigh(b));
            for c in 0..=r {
                let (x, y) = self.row(c);
                let z = Complex::new(sum::dot(&a, x) + sum::dot(&b, y), sum::dot(&b, x) - sum::dot(&a, y));
                (out[[r, c]], out[[c, r]]) = (z, z.conj());
            }
        }
        out
    }

    /// v ← Vᴴ W V v for v with its real parts first and its imaginary parts behind.
    pub fn pull(&self, weight: &PlaneWeight, v: &mut [f64]) {
        let (x, z) = v.split_at_mut(self.lambda.len());
        let see = |plane: usize| {
            let (a, b) = self.row(plane);
            Complex::new(sum::dot(a, x) - sum::dot(b, z), sum::dot(a, z) + sum::dot(b, x))
        };
        let mut seen: Vec<Complex<f64>> = (0..self.planes).map(see).collect();
        weight.apply(&mut seen);
        x.fill(0.0);
        z.fill(0.0);
        for (plane, y) in seen.iter().enumerate() {
            let (a, b) = self.row(plane);
            for ((re, im), (a, b)) in x.iter_mut().zip(&mut *z).zip(a.iter().zip(b)) {
                *re += a * y.re + b * y.im;
                *im += a * y.im - b * y.re;
            }
        }
    }
}
