//! The coefficients that are seen at one coarse wavenumber.

use super::hermitian::{Cholesky, Indefinite};
use super::kernels::{Outer, See, Unsee, dot};
use crate::dynamics::Norms;
use equipoise_covariance::{Spectrum, Stationary};
use equipoise_field::Real;
use num_complex::Complex;
use pulp::Arch;
use std::collections::HashMap;
use std::f64::consts::FRAC_1_SQRT_2;

/// Sums that run beside each other; blocks are padded to a multiple with coefficients of λ = 0.
pub(super) const LANES: usize = 8;

/// Where a coefficient lies in the covariance's order, packed as a real and an imaginary slot.
#[derive(Clone, Copy, Debug)]
struct Place {
    re: usize,
    /// None at a wavenumber that is its own partner, whose coefficients are real.
    im: Option<usize>,
    /// −1 where the partner of an independent wavenumber is meant.
    sign: f64,
    /// The coefficient before this one that it is the conjugate of, where a block holds both.
    twin: Option<usize>,
}

/// All aliases of one coarse wavenumber.
pub(crate) struct AliasBlock {
    /// Coarse wavenumbers that this block stands for: q and −q, or q alone.
    pub(super) multiplicity: f64,
    /// T·C.
    pub(super) planes: usize,
    /// λ of every coefficient, alias by alias, the T·C modes of each together.
    pub(crate) lambda: Vec<f64>,
    /// V_q row by row, real parts, then imaginary parts.
    pub(super) re: Vec<f64>,
    pub(super) im: Vec<f64>,
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
        let (mut lambda, mut places) = (Vec::with_capacity(len), Vec::<Place>::new());
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
                twin: None,
            }));
        }
        let mut first = HashMap::new();
        for (n, place) in places.iter_mut().enumerate() {
            let before = *first.entry(place.re).or_insert(n);
            place.twin = (before != n).then_some(before);
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

    /// Adds `scale` times what white noise in the field is to this block; two deviates a coefficient.
    pub(crate) fn add_white(&self, deviates: &[f64], scale: f64, x: &mut Split) {
        for (n, place) in self.places.iter().enumerate() {
            let (own, sign) = place.twin.map_or((n, 1.0), |twin| (twin, -1.0));
            let (re, im) = (scale * deviates[2 * own], scale * deviates[2 * own + 1]);
            if place.im.is_none() {
                x.re[n] += re;
            } else {
                x.re[n] += FRAC_1_SQRT_2 * re;
                x.im[n] += sign * FRAC_1_SQRT_2 * im;
            }
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
