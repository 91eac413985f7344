//! A stationary prior on a lattice whose stride divides the grid: one block for each coarse
//! wavenumber.
//!
//! Sampling every s-th point folds the fine wavenumbers k ≡ q onto q. In the prior's coefficients of
//! those wavenumbers J is diagonal and A is V_q = (Q_k/s)_{k ≡ q} with T·C rows, so a step touches one
//! block at a time: one transform leads in, one leads out, whatever the number of steps, and one takes
//! every field of noise there. Blocks meet only in the norms that a law or the corrector asks for.
//!
//! A block's products have no inner loop long enough for vectors at every stride; the same loop over
//! [`LANES`] blocks has.

mod hermitian;
mod kernels;
mod noise;
mod outer;
mod run;
mod steps;
mod tile;

pub(crate) use run::LatticeRun;

use crate::alias::{Folding, by_plane};
use crate::{Result, Weighing};
use equipoise_covariance::Spectrum;
use equipoise_field::{Real, each};
use equipoise_innovation::ObservedPrior;
use equipoise_wiener::Wiener;
use noise::Kept;
use std::f64::consts::FRAC_1_SQRT_2;
use std::sync::Arc;
use tile::{LANES, Lane, Tile};

/// A stationary prior on a lattice, split into alias blocks of which [`LANES`] make a tile.
pub(crate) struct LatticeSpace<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    tiles: Vec<Tile<R>>,
    coarse: Spectrum<R>,
    /// T·C.
    planes: usize,
    /// Uᵀm.
    mean: Vec<f64>,
    kept: Kept<R>,
}

/// The transform of y − A m, tile by tile, T·C numbers each.
pub(crate) struct LatticeData(Vec<Vec<Lane<f64>>>);

/// W, or what it is made of, plane by plane.
enum Planes {
    /// 1/v.
    Precision(Vec<f64>),
    /// s², of which and of V the innovation covariance is made.
    Noise(Vec<f64>),
}

impl<R: Real> LatticeSpace<R> {
    pub(crate) fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self> {
        let folding = Folding::of(&observed)?;
        let (tiles, shape) = (Tile::all(&folding), folding.prior.shape());
        let mut mean = vec![R::zero(); shape.len()];
        observed.covariance().analyse(wiener.mean(), &mut mean);
        let mean = mean.iter().map(|m| m.wide()).collect();
        let coarse = folding.coarse;
        Ok(Self { wiener, observed, tiles, coarse, planes: shape.planes(), mean, kept: Kept::new(0) })
    }

    pub(crate) fn dim(&self) -> usize {
        self.mean.len()
    }

    pub(crate) fn data(&self, values: &[R]) -> LatticeData {
        let mut seen = vec![R::zero(); values.len()];
        self.observed.operator().apply(self.wiener.mean(), &mut seen);
        each::update1(&mut seen, values, |a, y| y - a);
        let mut packed = vec![R::zero(); seen.len()];
        self.coarse.forward(&seen, &mut packed);
        let tiles = (0..self.tiles.len()).map(|tile| {
            let planes = packed.chunks(self.coarse.plane());
            planes.map(|plane| self.coarse_lane(tile * LANES, plane)).collect()
        });
        LatticeData(tiles.collect())
    }

    /// A packed coarse plane at the wavenumbers from `first` on.
    fn coarse_lane(&self, first: usize, plane: &[R]) -> Lane<f64> {
        let (count, own) = (self.coarse.wavenumbers(), self.coarse.self_conjugate());
        let mut lane = Lane::zero();
        for (l, q) in (first..count.min(first + LANES)).enumerate() {
            (lane.re[l], lane.im[l]) = match q.checked_sub(own) {
                None => (plane[q].wide(), 0.0),
                Some(paired) => {
                    (FRAC_1_SQRT_2 * plane[q].wide(), FRAC_1_SQRT_2 * plane[count + paired].wide())
                }
            };
        }
        lane
    }

    /// Keeps the noise of corrections for runs that draw the same, in at most `bytes`.
    pub(crate) fn keep_noise(&mut self, bytes: usize) {
        self.kept = Kept::new(bytes);
    }

    /// Coefficients of a tile, each a lane.
    fn tile_len(&self) -> usize {
        self.tiles.first().map_or(1, Tile::len)
    }

    /// Coefficients of all tiles.
    fn lanes(&self) -> usize {
        self.tiles.len() * self.tile_len()
    }

    /// Packed coefficients, tile by tile.
    fn gather(&self, packed: impl Fn(usize) -> R, out: &mut [Lane<R>]) {
        for (tile, out) in self.tiles.iter().zip(out.chunks_mut(self.tile_len())) {
            tile.gather(&packed, out);
        }
    }

    /// What a weighing is to every tile.
    fn planes(&self, weighing: &Weighing) -> Result<Planes> {
        let by_plane = |variance| by_plane(variance, self.planes, self.coarse.plane());
        Ok(match weighing {
            Weighing::Diagonal(v) => Planes::Precision(by_plane(v)?.iter().map(|v| 1.0 / v).collect()),
            Weighing::Innovation => Planes::Noise(by_plane(self.observed.noise())?),
        })
    }

    /// out = x = U c + μm.
    pub(crate) fn expand(&self, coefficients: &[f64], mu: f64, out: &mut [R]) -> Result<()> {
        crate::error::expect("coefficients", coefficients.len(), self.dim())?;
        let narrow: Vec<R> = coefficients.iter().map(|&c| R::narrow(c)).collect();
        self.observed.covariance().synthesise(&narrow, out);
        let mu = R::narrow(mu);
        each::update1(out, self.wiener.mean(), |x, m| x + mu * m);
        Ok(())
    }
}
