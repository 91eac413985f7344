//! A small Gaussian problem: a prior on a periodic grid, an observed lattice, noise.

use crate::matrix;
use equipoise_covariance::{Covariance, Modes, Stationary, dense, fit_stationary};
use equipoise_field::Shape;
use equipoise_guidance::{Exact, Sda, Strength};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Level, Schedule, Variance};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Standard deviation of the observation noise.
pub(crate) const NOISE: f64 = 0.1;

pub(crate) struct Problem {
    pub(crate) mean: Vec<f64>,
    pub(crate) covariance: Arc<dyn Covariance<f64>>,
    pub(crate) wiener: Arc<Wiener<f64>>,
    pub(crate) observation: Arc<Observed<f64>>,
}

impl Problem {
    /// With the given prior, seen through the given operator; a mean and values without structure.
    pub(crate) fn new(covariance: Arc<dyn Covariance<f64>>, operator: Arc<dyn LinearOperator<f64>>) -> Self {
        let mean: Vec<f64> = Stream::new("mean").normal(0, covariance.dim());
        let y = Stream::new("y").normal(0, operator.len_out());
        Self {
            wiener: Arc::new(Wiener::new(mean.clone(), covariance.clone()).unwrap()),
            observation: Arc::new(Observed::shared(y, operator, noise()).unwrap()),
            mean,
            covariance,
        }
    }

    pub(crate) fn observed(&self) -> ObservedPrior<f64> {
        let operator = self.observation.linear("exact").unwrap().clone();
        ObservedPrior::new(self.covariance.clone(), operator, noise()).unwrap()
    }

    /// Exact guidance at the given times of [`schedule`].
    pub(crate) fn exact(&self, times: &[f64]) -> Exact<f64> {
        let levels: Vec<Level> = times.iter().map(|&t| schedule().level(t)).collect();
        let innovations = Exact::innovations(&self.observed(), &levels).unwrap();
        Exact::new(self.wiener.clone(), self.observation.clone(), innovations)
    }

    /// SDA's score under a law without a tuning parameter, at the given times.
    pub(crate) fn traced(&self, law: Law, times: &[f64]) -> Sda<f64> {
        let levels: Vec<Level> = times.iter().map(|&t| schedule().level(t)).collect();
        let ratios = Strength::trace_ratios(law, &self.observed(), &levels, Stream::new("unused"));
        let strength = Strength::traced(&noise(), ratios);
        Sda::new(self.wiener.clone(), self.observation.clone(), strength)
    }
}

/// s².
pub(crate) fn noise() -> NoiseVariance {
    NoiseVariance::Uniform(NOISE * NOISE)
}

/// `vp`, `cos`, η = 0.01.
pub(crate) fn schedule() -> equipoise_schedule::Sda {
    equipoise_schedule::Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap()
}

pub(crate) fn lattice(shape: Shape, stride: usize) -> Arc<Subsample> {
    Arc::new(Subsample::new(shape, stride).unwrap())
}

/// A stationary prior whose eigenvalues run over three decades, from 0.01 up.
pub(crate) fn stationary(shape: Shape) -> Arc<Stationary<f64>> {
    let smooth = |snapshot: u64| -> Vec<f64> {
        let white: Vec<f64> = Stream::new("snapshot").number(snapshot).normal(0, shape.len());
        let around = |i: usize| {
            let (t, c, h, w) = shape.position(i);
            let at = |dh: usize, dw: usize| {
                white[shape.index(t, c, (h + dh) % shape.height, (w + dw) % shape.width)]
            };
            at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1)
        };
        (0..shape.len()).map(around).collect()
    };
    let snapshots: Vec<Vec<f64>> = (0..6).map(smooth).collect();
    let views: Vec<&[f64]> = snapshots.iter().map(Vec::as_slice).collect();
    Arc::new(fit_stationary(shape, &views, 0.01).unwrap().1)
}

/// The same covariance by its matrix, with all modes explicit.
pub(crate) fn explicit(covariance: &dyn Covariance<f64>) -> Arc<Modes<f64>> {
    let dim = covariance.dim();
    let weights = covariance.weights(&|l| l);
    let sigma = matrix::of(dim, dim, |v, out| covariance.apply(&weights, v, out));
    Arc::new(dense(sigma.view()).unwrap())
}
