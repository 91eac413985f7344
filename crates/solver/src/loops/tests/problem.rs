//! Small Gaussian problems whose posteriors are known, for the tests of the loops.

use super::super::Annealing;
use crate::entries::{Bind, entries};
use crate::{Member, PosteriorSampler, Recipe, Result, Start};
use equipoise_covariance::Modes;
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Dense, Gram, LinearOperator, Mask, NonlinearOperator};
use equipoise_posterior::ExactPosterior;
use equipoise_schedule::{Alpha, Level, LinearBeta, Schedule, Sda, Variance, uniform_grid};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

pub(in crate::loops) const DIM: usize = 6;
/// The entries that the operators see.
pub(in crate::loops) const SEEN: [usize; 3] = [0, 2, 5];
pub(in crate::loops) const VALUES: [f64; 3] = [0.8, -0.4, 1.3];
pub(in crate::loops) const NOISE: f64 = 0.09;
pub(in crate::loops) const MEAN: [f64; DIM] = [0.3, -0.2, 0.1, 0.0, 0.4, -0.5];
pub(in crate::loops) const EIGENVALUES: [f64; DIM] = [4.0, 2.0, 1.0, 0.5, 0.25, 0.1];

/// Modes that no axis is along: the columns of a Householder reflection.
pub(in crate::loops) fn prior(eigenvalues: [f64; DIM]) -> Arc<Modes<f64>> {
    let v = [1.0, -0.7, 0.4, 1.1, -0.9, 0.6];
    let square: f64 = v.iter().map(|v| v * v).sum();
    let entry = |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square;
    let basis = (0..DIM * DIM).map(|k| entry(k / DIM, k % DIM)).collect();
    Arc::new(Modes::new(DIM, basis, eigenvalues.to_vec(), None).unwrap())
}

pub(in crate::loops) fn mask() -> Arc<dyn LinearOperator<f64>> {
    Arc::new(Mask::new(DIM, SEEN.to_vec()).unwrap())
}

/// Three mixtures of all entries, whose A Aᵀ is dense.
pub(in crate::loops) fn mixture() -> Arc<dyn LinearOperator<f64>> {
    let matrix = (0..3 * DIM).map(|k| (1.7 * (k * k) as f64 + 0.4).sin()).collect();
    Arc::new(Dense::new(3, DIM, matrix).unwrap())
}

/// The operators that the methods for linear ones are tested with.
pub(in crate::loops) fn operators() -> [Arc<dyn LinearOperator<f64>>; 2] {
    [mask(), mixture()]
}

/// Entries `SEEN` times `GAINS`: A Aᵀ is diagonal.
pub(in crate::loops) struct Gains;
pub(in crate::loops) const GAINS: [f64; 3] = [0.5, 2.0, 1.0];
const GRAM: [f64; 3] = [0.25, 4.0, 1.0];

impl LinearOperator<f64> for Gains {
    fn len_in(&self) -> usize {
        DIM
    }
    fn len_out(&self) -> usize {
        3
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) {
        (0..3).for_each(|k| y[k] = GAINS[k] * x[SEEN[k]]);
    }
    fn adjoint(&self, r: &[f64], x: &mut [f64]) {
        x.fill(0.0);
        (0..3).for_each(|k| x[SEEN[k]] = GAINS[k] * r[k]);
    }
    fn gram(&self) -> Gram<'_> {
        Gram::Diagonal(&GRAM)
    }
}

/// μ and σ that do not change.
pub(in crate::loops) struct Constant(pub(in crate::loops) Level);

impl Schedule for Constant {
    fn mu(&self, _: f64) -> f64 {
        self.0.mu
    }
    fn sigma(&self, _: f64) -> f64 {
        self.0.sigma
    }
}

/// σ(0) = 0.01.
pub(in crate::loops) fn sda() -> Arc<dyn Schedule> {
    Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap())
}

/// σ(0) = 0.
pub(in crate::loops) fn linear_beta() -> Arc<dyn Schedule> {
    Arc::new(LinearBeta::default())
}

pub(in crate::loops) fn observed(operator: Arc<dyn LinearOperator<f64>>, noise: f64) -> Observed<f64> {
    Observed::shared(VALUES.to_vec(), operator, NoiseVariance::Uniform(noise)).unwrap()
}

pub(in crate::loops) fn nonlinear(operator: Arc<dyn NonlinearOperator<f64>>) -> Observed<f64> {
    Observed::nonlinear(vec![0.4, -0.3, 0.5], operator, NoiseVariance::Uniform(NOISE)).unwrap()
}

pub(in crate::loops) fn annealing(
    observation: Observed<f64>,
    schedule: Arc<dyn Schedule>,
    steps: usize,
) -> Annealing<f64> {
    Annealing {
        denoiser: Arc::new(Wiener::new(MEAN.to_vec(), prior(EIGENVALUES)).unwrap()),
        observation: Arc::new(observation),
        schedule,
        grid: uniform_grid(steps).unwrap(),
        start: Start::Normal,
        bound: 20.0,
    }
}

pub(in crate::loops) fn member(index: u64) -> Member {
    Member { start: Stream::new("start").number(index), langevin: Stream::new("langevin").number(index) }
}

/// The mean of x | y under N(MEAN, Σ) with these eigenvalues, by the exact posterior.
pub(in crate::loops) fn posterior_mean(
    eigenvalues: [f64; DIM],
    operator: Arc<dyn LinearOperator<f64>>,
) -> Vec<f64> {
    let noise = NoiseVariance::Uniform(NOISE);
    let observed = ObservedPrior::new(prior(eigenvalues), operator, noise).unwrap();
    ExactPosterior::new(observed, MEAN.to_vec()).unwrap().mean(&VALUES).unwrap()
}

/// A x.
pub(in crate::loops) fn seen(operator: &dyn LinearOperator<f64>, x: &[f64]) -> Vec<f64> {
    let mut y = vec![f64::NAN; operator.len_out()];
    operator.apply(x, &mut y);
    y
}

/// A method by its recipe.
pub(in crate::loops) fn bound(
    annealing: Annealing<f64>,
    text: &str,
) -> Result<Box<dyn PosteriorSampler<f64>>> {
    let recipe: Recipe = text.parse()?;
    match entries().into_iter().find(|entry| entry.method == recipe.method()).unwrap().bind {
        Bind::Loop(bind) => bind(annealing, &recipe),
        Bind::Guidance(_) => panic!("{text} has no loop of its own"),
    }
}
