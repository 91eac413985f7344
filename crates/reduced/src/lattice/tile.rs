//! Coarse wavenumbers side by side: the coefficients that each sees, lane by lane.

use crate::alias::{AliasBlock, Folding};
use equipoise_covariance::Stationary;
use equipoise_field::Real;
use std::f64::consts::FRAC_1_SQRT_2;

/// Coarse wavenumbers that are handled together; the last of them may stand for none.
pub(super) const LANES: usize = 8;

/// One complex number of every wavenumber of a tile.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Lane<R> {
    pub(super) re: [R; LANES],
    pub(super) im: [R; LANES],
}

impl<R: Real> Lane<R> {
    #[inline(always)]
    pub(super) fn zero() -> Self {
        Self { re: [R::zero(); LANES], im: [R::zero(); LANES] }
    }
}

/// Where a coefficient lies in the covariance's order, packed as a real and an imaginary slot.
#[derive(Clone, Copy, Debug)]
struct Place {
    re: usize,
    /// None at a wavenumber that is its own partner, whose coefficients are real.
    im: Option<usize>,
    /// −1 where the partner of an independent wavenumber is meant.
    sign: f64,
}

/// All aliases of [`LANES`] coarse wavenumbers.
pub(crate) struct Tile<R> {
    /// Coarse wavenumbers that each lane stands for: q and −q, q alone, or none.
    pub(super) multiplicity: [f64; LANES],
    /// T·C.
    pub(super) planes: usize,
    /// λ of every coefficient, alias by alias, the T·C modes of each together.
    pub(super) lambda: Vec<[f64; LANES]>,
    /// V_q column by column, T·C numbers a coefficient.
    pub(super) vectors: Vec<Lane<R>>,
    places: Vec<[Option<Place>; LANES]>,
}

impl<R: Real> Tile<R> {
    /// The tiles of a lattice, in the order of its coarse wavenumbers.
    pub(crate) fn all(folding: &Folding<'_, R>) -> Vec<Self> {
        let (planes, aliases) = (folding.prior.shape().planes(), folding.stride * folding.stride);
        let count = folding.coarse.wavenumbers();
        let tile = |first: usize| {
            let mut tile = Self::blank(planes, aliases);
            for (lane, q) in (first..count.min(first + LANES)).enumerate() {
                tile.fill(folding.prior, lane, &folding.block(q));
            }
            tile
        };
        (0..count).step_by(LANES).map(tile).collect()
    }

    fn blank(planes: usize, aliases: usize) -> Self {
        let len = aliases * planes;
        Self {
            multiplicity: [0.0; LANES],
            planes,
            lambda: vec![[0.0; LANES]; len],
            vectors: vec![Lane::zero(); len * planes],
            places: vec![[None; LANES]; len],
        }
    }

    fn fill(&mut self, prior: &Stationary<R>, lane: usize, block: &AliasBlock) {
        let (planes, plane) = (self.planes, prior.shape().plane());
        let (count, own) = (prior.spectrum().wavenumbers(), prior.spectrum().self_conjugate());
        self.multiplicity[lane] = block.multiplicity;
        for (n, lambda) in block.lambda.iter().enumerate() {
            let ((k, partner), mode) = (block.aliases[n / planes], n % planes);
            self.lambda[n][lane] = *lambda;
            let im = k.checked_sub(own).map(|paired| mode * plane + count + paired);
            let sign = if partner { -1.0 } else { 1.0 };
            self.places[n][lane] = Some(Place { re: mode * plane + k, im, sign });
            for (p, v) in self.vectors[n * planes..][..planes].iter_mut().enumerate() {
                let z = block.entry(p, n);
                (v.re[lane], v.im[lane]) = (R::narrow(z.re), R::narrow(z.im));
            }
        }
    }

    /// Coefficients of every wavenumber.
    pub(crate) fn len(&self) -> usize {
        self.lambda.len()
    }

    /// The tile's part of packed coefficients.
    pub(super) fn gather(&self, packed: impl Fn(usize) -> R, out: &mut [Lane<R>]) {
        let half = R::narrow(FRAC_1_SQRT_2);
        for (places, out) in self.places.iter().zip(out) {
            for (l, place) in places.iter().enumerate() {
                (out.re[l], out.im[l]) = match place {
                    Some(Place { re, im: Some(im), sign }) => {
                        (half * packed(*re), R::narrow(*sign) * half * packed(*im))
                    }
                    Some(Place { re, im: None, .. }) => (packed(*re), R::zero()),
                    None => (R::zero(), R::zero()),
                };
            }
        }
    }

    /// Inverse of [`gather`](Self::gather): a wavenumber and its partner write the same.
    pub(super) fn scatter(&self, from: &[Lane<R>], packed: &mut [f64]) {
        for (places, from) in self.places.iter().zip(from) {
            for (l, place) in places.iter().enumerate() {
                let Some(Place { re, im, sign }) = *place else { continue };
                match im {
                    Some(im) => {
                        packed[re] = from.re[l].wide() / FRAC_1_SQRT_2;
                        packed[im] = sign * from.im[l].wide() / FRAC_1_SQRT_2;
                    }
                    None => packed[re] = from.re[l].wide(),
                }
            }
        }
    }

    /// Σ over lanes, each as often as the field holds it.
    pub(super) fn total(&self, lanes: &[f64; LANES]) -> f64 {
        lanes.iter().zip(&self.multiplicity).map(|(x, m)| x * m).sum()
    }
}
