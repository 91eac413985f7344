//! A stationary prior on a lattice whose stride divides the grid: one block for each coarse
//! wavenumber.
//!
//! Sampling every s-th point folds the fine wavenumbers k ≡ q onto q. In the prior's coefficients of
//! those wavenumbers J is diagonal and A is V_q = (Q_k/s)_{k ≡ q} with T·C rows, so a step touches one
//! block at a time: one transform leads in, one leads out, whatever the number of steps. Blocks meet
//! only in the norms that a law or the corrector asks for.

mod block;
mod hermitian;
mod kernels;
mod run;

pub(crate) use run::LatticeRun;

use crate::ReducedError;
use crate::likelihood::Weighing;
use block::AliasBlock;
use equipoise_covariance::{Spectrum, Structure};
use equipoise_field::{Real, each};
use equipoise_innovation::{NoiseVariance, ObservedPrior};
use equipoise_operator::Selection;
use equipoise_wiener::Wiener;
use num_complex::Complex;
use std::f64::consts::FRAC_1_SQRT_2;
use std::sync::Arc;

/// A stationary prior on a lattice, split into alias blocks.
pub(crate) struct LatticeSpace<R: Real> {
    wiener: Arc<Wiener<R>>,
    observed: ObservedPrior<R>,
    blocks: Vec<AliasBlock>,
    coarse: Spectrum<R>,
    /// T·C.
    planes: usize,
    /// Uᵀm.
    mean: Vec<f64>,
}

/// The transform of y − A m at every coarse wavenumber, T·C numbers each.
pub(crate) struct LatticeData(Vec<Vec<Complex<f64>>>);

/// W, or what it is made of, plane by plane.
enum Planes {
    /// 1/v.
    Precision(Vec<f64>),
    /// s², of which and of V the innovation covariance is made.
    Noise(Vec<f64>),
}

impl<R: Real> LatticeSpace<R> {
    pub(crate) fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self, ReducedError> {
        let covariance = Arc::clone(observed.covariance());
        let (Structure::Stationary(prior), Selection::Lattice { stride, .. }) =
            (covariance.structure(), observed.operator().selection())
        else {
            return Err(ReducedError::Structure { found: "no stationary prior on a lattice" });
        };
        let shape = prior.shape();
        let coarse = Spectrum::new(shape.height / stride, shape.width / stride);
        let blocks = AliasBlock::all(prior, &coarse, stride);
        let mut mean = vec![R::zero(); shape.len()];
        covariance.analyse(wiener.mean(), &mut mean);
        let mean = mean.iter().map(|m| m.wide()).collect();
        Ok(Self { wiener, observed, blocks, coarse, planes: shape.planes(), mean })
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
        let (count, own) = (self.coarse.wavenumbers(), self.coarse.self_conjugate());
        let at = |q: usize, plane: &[R]| match q.checked_sub(own) {
            None => Complex::new(plane[q].wide(), 0.0),
            Some(paired) => Complex::new(plane[q].wide(), plane[count + paired].wide()) * FRAC_1_SQRT_2,
        };
        let block = |q: usize| packed.chunks(self.coarse.plane()).map(|plane| at(q, plane)).collect();
        LatticeData((0..count).map(block).collect())
    }

    /// What a weighing is to every block.
    fn planes(&self, weighing: &Weighing) -> Result<Planes, ReducedError> {
        Ok(match weighing {
            Weighing::Diagonal(v) => Planes::Precision(self.by_plane(v)?.iter().map(|v| 1.0 / v).collect()),
            Weighing::Innovation => Planes::Noise(self.by_plane(self.observed.noise())?),
        })
    }

    /// One number for every plane, from a variance for every observation.
    fn by_plane(&self, variance: &NoiseVariance) -> Result<Vec<f64>, ReducedError> {
        let plane = self.coarse.plane();
        let fits = match variance {
            NoiseVariance::Uniform(_) => true,
            NoiseVariance::PerChannel { plane: own, .. } => *own == plane,
            NoiseVariance::PerObservation(_) => variance.uniform().is_some(),
        };
        if !fits {
            return Err(ReducedError::Variances { found: "more than one a plane" });
        }
        Ok((0..self.planes).map(|p| variance.at(p * plane)).collect())
    }

    /// out = x = U c + μm.
    pub(crate) fn expand(&self, coefficients: &[f64], mu: f64, out: &mut [R]) -> Result<(), ReducedError> {
        crate::error::expect("coefficients", coefficients.len(), self.dim())?;
        let narrow: Vec<R> = coefficients.iter().map(|&c| R::narrow(c)).collect();
        self.observed.covariance().synthesise(&narrow, out);
        let mu = R::narrow(mu);
        each::update1(out, self.wiener.mean(), |x, m| x + mu * m);
        Ok(())
    }
}
