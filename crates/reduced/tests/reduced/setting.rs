//! One problem, run in full space and in reduced coordinates.

use equipoise_covariance::{Covariance, Modes, Stationary, fit_stationary};
use equipoise_field::{Real, Shape};
use equipoise_guidance::{Exact, Guidance, Sda, Strength};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::LinearOperator;
use equipoise_reduced::{Likelihood, Reduced, ReducedError, ReducedSpace};
use equipoise_sampler::PredictorCorrector;
use equipoise_scaling::Law;
use equipoise_schedule::{Alpha, Level, Schedule, Sda as SdaSchedule, Variance, uniform_grid};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// Every linear law of `sda`.
pub(crate) const LAWS: [Law; 9] = [
    Law::Sum,
    Law::Mean,
    Law::LikelihoodWeighting,
    Law::Dual,
    Law::Linear,
    Law::ClampedLinear,
    Law::Adaptive,
    Law::Matched,
    Law::Active,
];

/// A prior under an operator, with readings of one of its draws.
pub(crate) struct Setting<R: Real> {
    pub(crate) wiener: Arc<Wiener<R>>,
    pub(crate) observed: ObservedPrior<R>,
    pub(crate) observation: Arc<Observed<R>>,
    pub(crate) schedule: Arc<dyn Schedule>,
}

impl<R: Real> Setting<R> {
    pub(crate) fn new(
        mean: Vec<R>,
        covariance: Arc<dyn Covariance<R>>,
        operator: Arc<dyn LinearOperator<R>>,
        noise: NoiseVariance,
    ) -> Self {
        let white: Vec<R> = Stream::new("truth").normal(0, mean.len());
        let mut truth = vec![R::zero(); mean.len()];
        covariance.apply(&covariance.weights(&f64::sqrt), &white, &mut truth);
        truth.iter_mut().zip(&mean).for_each(|(x, &m)| *x += m);
        Self::seen(mean, covariance, operator, noise, &truth)
    }

    /// With readings of a truth.
    pub(crate) fn seen(
        mean: Vec<R>,
        covariance: Arc<dyn Covariance<R>>,
        operator: Arc<dyn LinearOperator<R>>,
        noise: NoiseVariance,
        truth: &[R],
    ) -> Self {
        let mut y = vec![R::zero(); operator.len_out()];
        operator.apply(truth, &mut y);
        let errors: Vec<f64> = Stream::new("readings").normal(0, y.len());
        let errors = errors.iter().enumerate().map(|(i, e)| R::narrow(noise.at(i).sqrt() * e));
        y.iter_mut().zip(errors).for_each(|(y, e)| *y += e);
        let observation = Arc::new(Observed::shared(y, Arc::clone(&operator), noise.clone()).unwrap());
        let wiener = Arc::new(Wiener::new(mean, Arc::clone(&covariance)).unwrap());
        let observed = ObservedPrior::new(covariance, operator, noise).unwrap();
        let schedule = Arc::new(SdaSchedule::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
        Self { wiener, observed, observation, schedule }
    }

    pub(crate) fn dim(&self) -> usize {
        self.wiener.mean().len()
    }

    pub(crate) fn levels(&self, sampler: &PredictorCorrector) -> Vec<Level> {
        sampler.evaluated().iter().map(|&t| self.schedule.level(t)).collect()
    }

    pub(crate) fn strength(&self, law: Law, sampler: &PredictorCorrector) -> Strength {
        let noise = self.observed.noise();
        if matches!(law, Law::Matched | Law::Active) {
            let levels = self.levels(sampler);
            let ratios = Strength::trace_ratios(law, &self.observed, &levels, Stream::new("probes"));
            return Strength::traced(noise, ratios);
        }
        let count = self.observed.count();
        Strength::of_law(law, noise, 0.01, count, count.div_ceil(2)).unwrap()
    }

    /// The guidance of a law, or the exact one, in full space and by definition.
    pub(crate) fn guidance(&self, law: Option<Law>, sampler: &PredictorCorrector) -> Box<dyn Guidance<R>> {
        let wiener = Arc::clone(&self.wiener);
        let observation = Arc::clone(&self.observation);
        let Some(law) = law else {
            let innovations = Exact::innovations(&self.observed, &self.levels(sampler)).unwrap();
            return Box::new(Exact::new(wiener, observation, innovations));
        };
        Box::new(Sda::new(wiener, observation, self.strength(law, sampler)))
    }

    pub(crate) fn space(&self) -> Result<Arc<ReducedSpace<R>>, ReducedError> {
        Ok(Arc::new(ReducedSpace::new(Arc::clone(&self.wiener), self.observed.clone())?))
    }

    pub(crate) fn reduced(&self, law: Option<Law>, sampler: &PredictorCorrector) -> Reduced<R> {
        let likelihood = match law {
            Some(law) => Likelihood::Law(self.strength(law, sampler)),
            None => Likelihood::Exact,
        };
        let schedule = Arc::clone(&self.schedule);
        Reduced::bind(self.space().unwrap(), &self.observation, likelihood, schedule, sampler.clone())
            .unwrap()
    }
}

pub(crate) fn sampler(steps: usize, corrections: usize) -> PredictorCorrector {
    PredictorCorrector::new(uniform_grid(steps).unwrap(), corrections, 0.3).unwrap()
}

/// Modes of falling variance, orthonormal to rounding by Gram and Schmidt, twice.
pub(crate) fn modes(dim: usize, rank: usize, complement: Option<f64>) -> Modes<f64> {
    let mut basis: Vec<f64> = Vec::new();
    for j in 0..rank {
        let mut mode: Vec<f64> = Stream::new("mode").normal(j as u64, dim);
        for _ in 0..2 {
            for other in basis.chunks(dim) {
                let along: f64 = mode.iter().zip(other).map(|(a, b)| a * b).sum();
                mode.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = mode.iter().map(|x| x * x).sum::<f64>().sqrt();
        basis.extend(mode.iter().map(|x| x / norm));
    }
    let lambda = (0..rank).map(|j| 40.0 * 0.5f64.powi(j as i32)).collect();
    Modes::new(dim, basis, lambda, complement).unwrap()
}

/// Fitted to smooth random snapshots.
pub(crate) fn stationary(shape: Shape) -> Stationary<f64> {
    let snapshots: Vec<Vec<f64>> = (0..24u64)
        .map(|i| {
            let white: Vec<f64> = Stream::new("snapshot").normal(i, shape.len());
            let at = |k: usize, dh: usize, dw: usize| {
                let (t, c, h, w) = shape.position(k);
                white[shape.index(t, c, (h + dh) % shape.height, (w + dw) % shape.width)]
            };
            (0..shape.len()).map(|k| at(k, 0, 0) + at(k, 1, 0) + at(k, 0, 1) + 0.5 * at(k, 1, 1)).collect()
        })
        .collect();
    let views: Vec<&[f64]> = snapshots.iter().map(Vec::as_slice).collect();
    fit_stationary(shape, &views, 1e-3).unwrap().1
}

/// A mean that no symmetry of the grid hides.
pub(crate) fn mean(dim: usize) -> Vec<f64> {
    (0..dim).map(|i| 0.5 + (0.37 * i as f64).sin()).collect()
}

/// ‖a − b‖/‖b‖.
pub(crate) fn relative<R: Real>(a: &[R], b: &[R]) -> f64 {
    (equipoise_field::sum::squared_distance(a, b) / equipoise_field::sum::squared_norm(b)).sqrt()
}
