//! A stationary prior on a dividing lattice: one block for each coarse wavenumber.
//!
//! Sampling every s-th point folds the fine wavenumbers k ≡ q onto q. In the prior's coefficients of
//! those wavenumbers A is V_q = (Q_k/s)_{k ≡ q}, with T·C rows, so that a block of the predictor is
//! diagonal plus rank T·C.

use crate::small::{Hermitian, dot};
use equipoise_covariance::{Spectrum, Stationary};
use equipoise_field::Real;
use num_complex::Complex;

/// The coefficients that are seen at one coarse wavenumber.
pub(crate) struct AliasBlock {
    /// (q_H, q_W).
    pub(crate) coarse: (usize, usize),
    /// Coarse wavenumbers that this block stands for: q and −q, or q alone.
    pub(crate) multiplicity: f64,
    /// T·C.
    pub(crate) planes: usize,
    /// λ of every coefficient, alias by alias, the T·C modes of each together.
    pub(crate) lambda: Vec<f64>,
    /// V_q row by row, real parts.
    re: Vec<f64>,
    /// V_q row by row, imaginary parts.
    im: Vec<f64>,
}

/// All blocks of a lattice, with what it takes to name a coefficient.
pub(crate) struct AliasBlocks {
    pub(crate) blocks: Vec<AliasBlock>,
    stride: usize,
    /// (H, W) of the coarse grid.
    coarse: (usize, usize),
    /// (H, W) of the fine grid.
    fine: (usize, usize),
}

impl AliasBlocks {
    /// Of a prior seen at every `stride`-th point, which must divide the grid.
    pub(crate) fn new<R: Real>(prior: &Stationary<R>, stride: usize) -> Self {
        let shape = prior.shape();
        let (height, width) = (shape.height / stride, shape.width / stride);
        let spectrum = Spectrum::<R>::new(height, width);
        let directory = prior.spectrum().directory();
        let of = |q: usize| {
            let (qx, qy) = spectrum.wavenumber(q);
            let aliases = (0..stride * stride).map(|alias| {
                let (kx, ky) = (qx + alias / stride * height, qy + alias % stride * width);
                directory[kx * shape.width + ky]
            });
            let multiplicity = if q < spectrum.self_conjugate() { 1.0 } else { 2.0 };
            AliasBlock::new(prior, stride, (qx, qy), multiplicity, &aliases.collect::<Vec<_>>())
        };
        let blocks = (0..spectrum.wavenumbers()).map(of).collect();
        Self { blocks, stride, coarse: (height, width), fine: (shape.height, shape.width) }
    }

    /// (k_H, k_W), signed, and the mode of coefficient `i` of a block.
    pub(crate) fn wavenumber(&self, block: &AliasBlock, i: usize) -> ((i64, i64), usize) {
        let alias = i / block.planes;
        let kh = block.coarse.0 + alias / self.stride * self.coarse.0;
        let kw = block.coarse.1 + alias % self.stride * self.coarse.1;
        ((signed(kh, self.fine.0), signed(kw, self.fine.1)), i % block.planes)
    }

    /// (q_H, q_W) of a block, signed.
    pub(crate) fn coarse_wavenumber(&self, block: &AliasBlock) -> (i64, i64) {
        (signed(block.coarse.0, self.coarse.0), signed(block.coarse.1, self.coarse.1))
    }
}

/// The wavenumber of smallest size that `k` is on a grid of `points`.
fn signed(k: usize, points: usize) -> i64 {
    let (k, points) = (k as i64, points as i64);
    if 2 * k > points { k - points } else { k }
}

impl AliasBlock {
    /// `aliases` are independent wavenumbers of the prior, marked where the partner is meant.
    fn new<R: Real>(
        prior: &Stationary<R>,
        stride: usize,
        coarse: (usize, usize),
        multiplicity: f64,
        aliases: &[(usize, bool)],
    ) -> Self {
        let planes = prior.shape().planes();
        let len = aliases.len() * planes;
        let (mut re, mut im) = (vec![0.0; planes * len], vec![0.0; planes * len]);
        let mut lambda = Vec::with_capacity(len);
        for (a, &(k, partner)) in aliases.iter().enumerate() {
            let q = prior.block_vectors(k);
            for (plane, mode) in (0..planes).flat_map(|p| (0..planes).map(move |m| (p, m))) {
                let z = q[plane * planes + mode] / stride as f64;
                let at = plane * len + a * planes + mode;
                re[at] = z.re;
                im[at] = if partner { -z.im } else { z.im };
            }
            lambda.extend_from_slice(prior.block_eigenvalues(k));
        }
        Self { coarse, multiplicity, planes, lambda, re, im }
    }

    /// The number of coefficients.
    pub(crate) fn len(&self) -> usize {
        self.lambda.len()
    }

    fn row(&self, p: usize) -> (&[f64], &[f64]) {
        let at = p * self.len()..(p + 1) * self.len();
        (&self.re[at.clone()], &self.im[at])
    }

    /// V diag(w) Vᴴ, T·C × T·C.
    pub(crate) fn observed(&self, w: &[f64]) -> Hermitian {
        let weigh = |row: &[f64]| -> Vec<f64> { row.iter().zip(w).map(|(x, w)| x * w).collect() };
        let mut out = Hermitian::zero(self.planes);
        for r in 0..self.planes {
            let (a, b) = self.row(r);
            let (a, b) = (weigh(a), weigh(b));
            for c in 0..=r {
                let (x, y) = self.row(c);
                out.set(r, c, Complex::new(dot(&a, x) + dot(&b, y), dot(&b, x) - dot(&a, y)));
            }
        }
        out
    }

    /// V v for v with its real parts first and its imaginary parts behind.
    pub(crate) fn see(&self, v: &[f64], y: &mut [Complex<f64>]) {
        let (x, z) = v.split_at(self.len());
        for (p, y) in y.iter_mut().enumerate() {
            let (a, b) = self.row(p);
            *y = Complex::new(dot(a, x) - dot(b, z), dot(a, z) + dot(b, x));
        }
    }

    /// out = Vᴴ y.
    pub(crate) fn unsee(&self, y: &[Complex<f64>], out: &mut [f64]) {
        out.fill(0.0);
        let (re, im) = out.split_at_mut(self.len());
        for (p, y) in y.iter().enumerate() {
            let (a, b) = self.row(p);
            for ((re, im), (a, b)) in re.iter_mut().zip(&mut *im).zip(a.iter().zip(b)) {
                *re += a * y.re + b * y.im;
                *im += a * y.im - b * y.re;
            }
        }
    }
}
