//! On the embedded flows: the reduced run against the run of f32 fields.

use crate::setting::{Setting, sampler};
use equipoise_data::samples::Sample;
use equipoise_data::{LoadOptions, load};
use equipoise_observation::NoiseVariance;
use equipoise_operator::Subsample;
use equipoise_prior::{Prior, Settings};
use equipoise_reduced::{Draws, Start};
use equipoise_scaling::Law;
use equipoise_stream::Stream;
use std::sync::Arc;

const STEPS: usize = 32;

/// Terms that a step in full space rounds: the sums of the transform or of the modes, the residual, its
/// spread, ε̂, σg and the step itself.
const TERMS: f64 = 8.0;

fn flow(train: &Sample, test: &Sample, window: usize) -> (Prior, Vec<f32>) {
    let train = load(&train.path().unwrap(), &LoadOptions::default()).unwrap();
    let settings = Settings { window, ..Settings::of(train.kind(), train.grid()) };
    let prior = Prior::fit(&train, &settings).unwrap();
    let test = load(&test.path().unwrap(), &LoadOptions::default()).unwrap();
    let mut truth = test.window(0, 0, window).unwrap().to_vec();
    prior.normalizer().normalise(prior.shape(), &mut truth).unwrap();
    (prior, truth)
}

/// A step errs by a few roundings, independent of each other, of terms that are no larger than the
/// largest entry on the way, and a run that stays bounded does not let errors outgrow that entry:
/// rms difference ≤ √steps · terms · ε · max |x_t|.
fn agree(prior: &Prior, truth: &[f32]) {
    let sampler = sampler(STEPS, 0);
    let start: Vec<f32> = Stream::new("start").normal(0, truth.len());
    for sub in [2, 4, 8, 16] {
        let operator = Arc::new(Subsample::new(prior.shape(), sub).unwrap());
        let (mean, noise) = (prior.mean().to_vec(), NoiseVariance::Uniform(0.01));
        let setting = Setting::seen(mean, prior.covariance(), operator, noise, truth);
        for law in [Some(Law::Dual), Some(Law::Matched), Some(Law::Adaptive), None] {
            let guidance = setting.guidance(law, &sampler);
            let unused = Stream::new("unused");
            let full = sampler.run(&*guidance, &*setting.schedule, start.clone(), &unused, 100.0).unwrap();
            let reduced = setting.reduced(law, &sampler);
            let draws = Draws { start: Start::Field(&start), langevin: unused };
            let outcome = reduced.run(&draws).unwrap();
            let mut found = vec![0.0; truth.len()];
            reduced.expand(draws.start, outcome.end().unwrap(), &mut found).unwrap();
            let square = equipoise_field::sum::squared_distance(&found, full.x());
            let difference = (square / truth.len() as f64).sqrt();
            let bound = (STEPS as f64).sqrt() * TERMS * f64::from(f32::EPSILON) * full.trace().peak;
            assert!(difference <= bound, "sub {sub}, {law:?}: {difference:e}, bound {bound:e}");
        }
    }
}

/// One frame: D = 158,802.
#[test]
fn the_wake() {
    let (prior, truth) = flow(&Sample::IbpmTrain, &Sample::IbpmTest, 1);
    agree(&prior, &truth);
}

#[test]
fn the_turbulence() {
    let (prior, truth) = flow(&Sample::KolmogorovTrain, &Sample::KolmogorovTest, 4);
    agree(&prior, &truth);
}
