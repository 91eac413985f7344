//! The coefficients that are seen at one coarse wavenumber.

use super::hermitian::{Cholesky, Indefinite};
use crate::dynamics::Norms;
use equipoise_covariance::{Spectrum, Stationary};
use equipoise_field::Real;
use num_complex::Complex;
use pulp::{Arch, Simd, WithSimd};
use std::f64::consts::FRAC_1_SQRT_2;

/// Sums that run beside each other; blocks are padded to a multiple with coefficients of λ = 0.
const LANES: usize = 8;

/// Where a coefficient lies in the covariance's order, packed as a real and an imaginary slot.
#[derive(Clone, Copy, Debug)]
struct Place {
    re: usize,
    /// None at a wavenumber that is its own partner, whose coefficients are real.
    im: Option<usize>,
    /// −1 where the partner of an independent wavenumber is meant.
    sign: f64,
}

/// All aliases of one coarse wavenumber.
pub(crate) struct AliasBlock {
    /// Coarse wavenumbers that this block stands for: q and −q, or q alone.
    multiplicity: f64,
    /// T·C.
    planes: usize,
    /// λ of every coefficient, alias by alias, the T·C modes of each together.
    pub(crate) lambda: Vec<f64>,
    /// V_q row by row, real parts, then imaginary parts.
    re: Vec<f64>,
    im: Vec<f64>,
    places: Vec<Place>,
}

/// Complex numbers, real parts and imaginary parts apart.
#[derive(Clone, Debug)]
pub(crate) struct Split {
    pub(crate) re: Vec<f64>,
    pub(crate) im: Vec<f64>,
}

impl Split {
    pub(crate) fn zero(len: usize) -> Self {
        Self { re: vec![0.0; len], im: vec![0.0; len] }
    }
}

/// One level as a block sees it.
pub(crate) struct Gains {
    /// j of every coefficient.
    pub(crate) jacobian: Vec<f64>,
    /// (1 − μj)/σ.
    pub(crate) prior: Vec<f64>,
    pub(crate) sigma: f64,
}

/// W of a block.
pub(crate) enum Weight<'a> {
    /// 1/v of each plane.
    Planes(&'a [f64]),
    /// The factor of S_q.
    Factor(&'a Cholesky),
}

impl AliasBlock {
    /// The blocks of a prior seen at every `stride`-th point, in the order of `coarse`.
    pub(crate) fn all<R: Real>(prior: &Stationary<R>, coarse: &Spectrum<R>, stride: usize) -> Vec<Self> {
        let shape = prior.shape();
        let directory = prior.spectrum().directory();
        let of = |q: usize| {
            let (qx, qy) = coarse.wavenumber(q);
            let aliases = (0..stride * stride).map(|alias| {
                let kx = qx + alias / stride * (shape.height / stride);
                let ky = qy + alias % stride * (shape.width / stride);
                directory[kx * shape.width + ky]
            });
            let multiplicity = if q < coarse.self_conjugate() { 1.0 } else { 2.0 };
            Self::new(prior, stride, multiplicity, &aliases.collect::<Vec<_>>())
        };
        (0..coarse.wavenumbers()).map(of).collect()
    }

    /// `aliases` are independent wavenumbers of the prior, marked where the partner is meant.
    fn new<R: Real>(
        prior: &Stationary<R>,
        stride: usize,
        multiplicity: f64,
        aliases: &[(usize, bool)],
    ) -> Self {
        let (planes, plane) = (prior.shape().planes(), prior.shape().plane());
        let (count, own) = (prior.spectrum().wavenumbers(), prior.spectrum().self_conjugate());
        let len = (aliases.len() * planes).next_multiple_of(LANES);
        let (mut re, mut im) = (vec![0.0; planes * len], vec![0.0; planes * len]);
        let (mut lambda, mut places) = (Vec::with_capacity(len), Vec::new());
        for (a, &(k, partner)) in aliases.iter().enumerate() {
            let q = prior.block_vectors(k);
            let sign = if partner { -1.0 } else { 1.0 };
            for (row, mode) in (0..planes).flat_map(|p| (0..planes).map(move |m| (p, m))) {
                let z = q[row * planes + mode] / stride as f64;
                let at = row * len + a * planes + mode;
                (re[at], im[at]) = (z.re, sign * z.im);
            }
            lambda.extend_from_slice(prior.block_eigenvalues(k));
            places.extend((0..planes).map(|mode| Place {
                re: mode * plane + k,
                im: k.checked_sub(own).map(|paired| mode * plane + count + paired),
                sign,
            }));
        }
        lambda.resize(len, 0.0);
        Self { multiplicity, planes, lambda, re, im, places }
    }

    /// The block's part of packed coefficients.
    pub(crate) fn gather(&self, packed: &[f64], out: &mut Split) {
        for (n, place) in self.places.iter().enumerate() {
            (out.re[n], out.im[n]) = match place.im {
                Some(im) => (FRAC_1_SQRT_2 * packed[place.re], place.sign * FRAC_1_SQRT_2 * packed[im]),
                None => (packed[place.re], 0.0),
            };
        }
    }

    /// Inverse of [`gather`](Self::gather): a wavenumber and its partner write the same.
    pub(crate) fn scatter(&self, from: &Split, packed: &mut [f64]) {
        for (n, place) in self.places.iter().enumerate() {
            match place.im {
                Some(im) => {
                    packed[place.re] = from.re[n] / FRAC_1_SQRT_2;
                    packed[im] = place.sign * from.im[n] / FRAC_1_SQRT_2;
                }
                None => packed[place.re] = from.re[n],
            }
        }
    }

    /// ‖x‖² in the field.
    pub(crate) fn squared_norm(&self, x: &Split) -> f64 {
        self.multiplicity * (dot(&x.re, &x.re) + dot(&x.im, &x.im))
    }

    /// The factor of S = diag(noise) + V diag(v) Vᴴ.
    pub(crate) fn innovation(&self, noise: &[f64], v: &[f64]) -> Result<Cholesky, Indefinite> {
        let mut lower = vec![Complex::default(); self.planes * self.planes];
        let mut weighed = Split::zero(v.len());
        Arch::new().dispatch(Outer { block: self, v, weighed: &mut weighed, lower: &mut lower });
        for (p, n) in noise.iter().enumerate() {
            lower[p * self.planes + p] += n;
        }
        Cholesky::new(self.planes, lower)
    }

    /// σg at a state into `pull`, with the norms of both estimates.
    pub(crate) fn evaluate(
        &self,
        gains: &Gains,
        weight: &Weight<'_>,
        data: &[Complex<f64>],
        state: &Split,
        pull: &mut Split,
    ) -> Norms {
        let mut seen = vec![Complex::default(); self.planes];
        let arch = Arch::new();
        arch.dispatch(See { block: self, gains, state, held: &mut *pull, seen: &mut seen });
        seen.iter_mut().zip(data).for_each(|(s, y)| *s = y - *s);
        match weight {
            Weight::Planes(w) => seen.iter_mut().zip(*w).for_each(|(s, w)| *s *= *w),
            Weight::Factor(factor) => factor.solve(&mut seen),
        }
        arch.dispatch(Unsee { block: self, gains, state, seen: &seen, pull })
    }
}

/// ⟨a, b⟩ in lanes.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] += a[l] * b[l];
        }
    }
    lanes.iter().sum()
}

/// seen = V (j ∘ c), with j ∘ c left in `held`.
struct See<'a> {
    block: &'a AliasBlock,
    gains: &'a Gains,
    state: &'a Split,
    held: &'a mut Split,
    seen: &'a mut [Complex<f64>],
}

impl WithSimd for See<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let len = self.block.lambda.len();
        let j = &self.gains.jacobian[..len];
        let (x, z) = (&self.state.re[..len], &self.state.im[..len]);
        let (held_re, held_im) = (&mut self.held.re[..len], &mut self.held.im[..len]);
        for n in 0..len {
            held_re[n] = j[n] * x[n];
            held_im[n] = j[n] * z[n];
        }
        let (x, z) = (&self.held.re[..len], &self.held.im[..len]);
        for (p, seen) in self.seen.iter_mut().enumerate() {
            let at = p * len..(p + 1) * len;
            *seen = row_product(&self.block.re[at.clone()], &self.block.im[at], x, z);
        }
    }
}

/// Σ (a + ib)(x + iz).
#[inline(always)]
fn row_product(a: &[f64], b: &[f64], x: &[f64], z: &[f64]) -> Complex<f64> {
    let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
    let (mut less, mut more) = ([0.0; LANES], [0.0; LANES]);
    let rows = a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0);
    for ((a, b), (x, z)) in rows.zip(x.as_chunks::<LANES>().0.iter().zip(z.as_chunks::<LANES>().0)) {
        for l in 0..LANES {
            re[l] += a[l] * x[l];
            less[l] += b[l] * z[l];
            im[l] += a[l] * z[l];
            more[l] += b[l] * x[l];
        }
    }
    let sum = |lanes: [f64; LANES]| lanes.iter().sum::<f64>();
    Complex::new(sum(re) - sum(less), sum(im) + sum(more))
}

/// pull = σ j ∘ (Vᴴ seen), and the norms.
struct Unsee<'a> {
    block: &'a AliasBlock,
    gains: &'a Gains,
    state: &'a Split,
    seen: &'a [Complex<f64>],
    pull: &'a mut Split,
}

impl WithSimd for Unsee<'_> {
    type Output = Norms;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Norms {
        let len = self.block.lambda.len();
        let Split { re, im } = self.pull;
        let (re, im) = (&mut re[..len], &mut im[..len]);
        re.fill(0.0);
        im.fill(0.0);
        for (pair, y) in self.seen.chunks(2).enumerate() {
            let row = |p: usize| &self.block.re[p * len..(p + 1) * len];
            let column = |p: usize| &self.block.im[p * len..(p + 1) * len];
            let p = 2 * pair;
            match y {
                [y, w] => {
                    let (a, b, c, d) = (row(p), column(p), row(p + 1), column(p + 1));
                    for n in 0..len {
                        re[n] += (a[n] * y.re + b[n] * y.im) + (c[n] * w.re + d[n] * w.im);
                        im[n] += (a[n] * y.im - b[n] * y.re) + (c[n] * w.im - d[n] * w.re);
                    }
                }
                [y] => {
                    let (a, b) = (row(p), column(p));
                    for n in 0..len {
                        re[n] += a[n] * y.re + b[n] * y.im;
                        im[n] += a[n] * y.im - b[n] * y.re;
                    }
                }
                _ => unreachable!("chunks of two hold one or two"),
            }
        }
        let (mut prior, mut pull, mut product) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let (jacobian, keep) = (&self.gains.jacobian[..len], &self.gains.prior[..len]);
        let (x, z) = (&self.state.re[..len], &self.state.im[..len]);
        for first in (0..len).step_by(LANES) {
            let at = first..first + LANES;
            let (g, h) = (&mut re[at.clone()], &mut im[at.clone()]);
            let (j, keep, x, z) = (&jacobian[at.clone()], &keep[at.clone()], &x[at.clone()], &z[at]);
            for l in 0..LANES {
                let scale = self.gains.sigma * j[l];
                (g[l], h[l]) = (scale * g[l], scale * h[l]);
                let (x, z) = (keep[l] * x[l], keep[l] * z[l]);
                prior[l] += x * x + z * z;
                pull[l] += g[l] * g[l] + h[l] * h[l];
                product[l] += x * g[l] + z * h[l];
            }
        }
        let times = |lanes: [f64; LANES]| self.block.multiplicity * lanes.iter().sum::<f64>();
        Norms { prior: times(prior), pull: times(pull), product: times(product) }
    }
}

/// The lower triangle of V diag(v) Vᴴ.
struct Outer<'a> {
    block: &'a AliasBlock,
    v: &'a [f64],
    weighed: &'a mut Split,
    lower: &'a mut [Complex<f64>],
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (len, planes) = (self.block.lambda.len(), self.block.planes);
        for r in 0..planes {
            let at = r * len..(r + 1) * len;
            let (a, b) = (&self.block.re[at.clone()], &self.block.im[at]);
            for n in 0..len {
                self.weighed.re[n] = self.v[n] * a[n];
                self.weighed.im[n] = self.v[n] * b[n];
            }
            let (a, b) = (&self.weighed.re, &self.weighed.im);
            for c in 0..=r {
                let at = c * len..(c + 1) * len;
                let (x, z) = (&self.block.re[at.clone()], &self.block.im[at]);
                self.lower[r * planes + c] = Complex::new(dot(a, x) + dot(b, z), dot(b, x) - dot(a, z));
            }
        }
    }
}
