//! What the device has no steps for is refused by name.

use crate::engine::cuda;
use crate::kernel::have_compiler;
use crate::problems::{Prior, SHAPE, strength};
use equipoise_covariance::{Covariance, fit_stationary};
use equipoise_field::Shape;
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{Coarsen, LinearOperator, Mask, Subsample};
use equipoise_sampler::{Euler, Heun, PredictorCorrector, Sampler};
use equipoise_scaling::Law;
use equipoise_schedule::uniform_grid;
use equipoise_solver::{Inference, ObservedGaussian, Problem as Inverse};
use equipoise_solver_cuda::{Problem, Resident, StepError};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const NOISE: NoiseVariance = NoiseVariance::Uniform(0.01);

fn inference(operator: Arc<dyn LinearOperator<f64>>) -> Inference<f64> {
    Prior::small().inference(operator, &NOISE)
}

fn lattice() -> Arc<dyn LinearOperator<f64>> {
    Arc::new(Subsample::new(SHAPE, 2).unwrap())
}

/// The part of the problem that is refused.
fn refused(inference: &Inference<f64>, law: Law) -> &'static str {
    match Problem::new(inference, &strength(law, inference)) {
        Err(StepError::Refused { what, .. }) => what,
        Err(other) => panic!("{other}"),
        Ok(_) => "nothing",
    }
}

#[test]
fn laws_samplers_and_operators_without_steps_are_refused() {
    let mut inference = inference(lattice());
    assert_eq!(refused(&inference, Law::Dual), "nothing");
    assert_eq!(refused(&inference, Law::Adaptive), "law");
    let grid = || uniform_grid(4).unwrap();
    let samplers: [(Arc<dyn Sampler<f64>>, _); 3] = [
        (Arc::new(PredictorCorrector::new(grid(), 1, 0.5).unwrap()), "sampler"),
        (Arc::new(Heun::new(grid()).unwrap()), "sampler"),
        (Arc::new(Euler::new(grid()).unwrap()), "nothing"),
    ];
    for (sampler, what) in samplers {
        inference.sampler = sampler;
        assert_eq!(refused(&inference, Law::Dual), what);
    }
    let (prior, seen) = (inference.problem.prior().clone(), inference.problem.observation().clone());
    inference.problem = Inverse::new(prior, seen).unwrap();
    assert_eq!(refused(&inference, Law::Dual), "prior");
    let shape = Shape::new(2, 2, 8, 8);
    let coarsen = Arc::new(Coarsen::new(shape, 2).unwrap());
    let mut prior = Prior::small();
    prior.mean.truncate(shape.len());
    prior.eigenvalues.truncate(1);
    prior.basis = (0..shape.len()).map(|i| f64::from(u8::from(i == 0))).collect();
    assert_eq!(refused(&prior.inference(coarsen, &NOISE), Law::Dual), "operator");
}

#[test]
fn a_stationary_prior_is_refused() {
    let shape = Shape::new(1, 2, 8, 8);
    let data: Vec<Vec<f64>> = (0..5).map(|s| Stream::new("data").number(s).normal(0, shape.len())).collect();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    let covariance: Arc<dyn Covariance<f64>> = Arc::new(fit_stationary(shape, &views, 0.1).unwrap().1);
    let wiener = Arc::new(Wiener::new(vec![0.0; shape.len()], covariance).unwrap());
    let operator: Arc<dyn LinearOperator<f64>> = Arc::new(Subsample::new(shape, 2).unwrap());
    let gaussian = ObservedGaussian::new(wiener, operator.clone(), NOISE, Stream::new("probes")).unwrap();
    let y = vec![0.0; operator.len_out()];
    let seen = Observed::shared(y, operator, NOISE).unwrap();
    let mut inference = inference(lattice());
    inference.problem = Inverse::gaussian(Arc::new(gaussian), Arc::new(seen)).unwrap();
    assert_eq!(refused(&inference, Law::Dual), "prior covariance");
}

#[test]
fn variances_and_lengths_at_fault_are_named() {
    let inference = inference(Arc::new(Mask::new(SHAPE.len(), vec![3, 5]).unwrap()));
    let mut zero = strength(Law::Dual, &inference);
    zero.variance = NoiseVariance::Uniform(-1.0);
    let message = Problem::new(&inference, &zero).err().unwrap().to_string();
    assert!(message.contains("v[0]: found -"), "{message}");
    if have_compiler() {
        let problem = Problem::new(&inference, &strength(Law::Dual, &inference)).unwrap();
        let resident = Resident::new(cuda(), problem).unwrap();
        let message = resident.run(vec![0.0; 3]).unwrap_err().to_string();
        assert_eq!(message, format!("start: found length 3, expected {}", SHAPE.len()));
    }
}
