//! Methods as users meet them: problems that fit, recipes, ensembles, and methods of one's own.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod ensemble;
mod interacting;
mod jacobian;
mod noiseless;
mod problem;
mod recipe;
mod table;

use equipoise_covariance::Modes;
use equipoise_guidance::{Excess, Strength};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{Dense, LinearOperator, Mask};
use equipoise_sampler::Euler;
use equipoise_schedule::{Alpha, Schedule, Sda, Variance, uniform_grid};
use equipoise_solver::{Inference, Member, ObservedGaussian, Problem, Start};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const DIM: usize = 8;
const NOISE: f64 = 0.09;
const STEPS: usize = 6;

/// A prior whose modes no axis is along: the columns of a Householder reflection.
fn wiener() -> Arc<Wiener<f64>> {
    let v: Vec<f64> = (0..DIM).map(|i| (1.9 * i as f64 + 0.4).cos()).collect();
    let square: f64 = v.iter().map(|v| v * v).sum();
    let entry = |i: usize, j: usize| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square;
    let basis = (0..DIM * DIM).map(|k| entry(k / DIM, k % DIM)).collect();
    let values = (0..DIM).map(|i| 4.0 / (1.0 + i as f64)).collect();
    let modes = Modes::new(DIM, basis, values, None).unwrap();
    Arc::new(Wiener::new(vec![0.2; DIM], Arc::new(modes)).unwrap())
}

fn mask() -> Arc<dyn LinearOperator<f64>> {
    Arc::new(Mask::new(DIM, vec![0, 3, 5]).unwrap())
}

/// Three mixtures of all entries, whose A Aᵀ is not diagonal.
fn mixture() -> Arc<dyn LinearOperator<f64>> {
    let matrix = (0..3 * DIM).map(|k| (1.7 * (k * k) as f64 + 0.4).sin()).collect();
    Arc::new(Dense::new(3, DIM, matrix).unwrap())
}

fn observed(operator: Arc<dyn LinearOperator<f64>>, noise: NoiseVariance) -> Arc<Observed<f64>> {
    Arc::new(Observed::shared(vec![0.8, -0.4, 1.3], operator, noise).unwrap())
}

fn gaussian(operator: &Arc<dyn LinearOperator<f64>>, noise: NoiseVariance) -> Arc<ObservedGaussian<f64>> {
    let probes = Stream::new("probes");
    Arc::new(ObservedGaussian::new(wiener(), Arc::clone(operator), noise, probes).unwrap())
}

fn schedule() -> Arc<dyn Schedule> {
    Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap())
}

fn inference_of(problem: Problem<f64>) -> Inference<f64> {
    Inference {
        problem,
        schedule: schedule(),
        sampler: Arc::new(Euler::new(uniform_grid(STEPS).unwrap()).unwrap()),
        start: Start::Normal,
        bound: 20.0,
    }
}

fn inference() -> Inference<f64> {
    let (operator, noise) = (mask(), NoiseVariance::Uniform(NOISE));
    let prior = gaussian(&operator, noise.clone());
    inference_of(Problem::gaussian(prior, observed(operator, noise)).unwrap())
}

/// v(t) = s² + γ(σ/μ)².
fn strength(noise: f64) -> Strength {
    let variance = NoiseVariance::Uniform(noise);
    Strength { variance, excess: Excess::Gamma(0.01), factor: 1.0, adaptive: None }
}

fn member(index: u64) -> Member {
    Member { start: Stream::new("start").number(index), langevin: Stream::new("langevin").number(index) }
}

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}
