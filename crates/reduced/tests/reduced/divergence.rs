//! Divergence is an outcome, at the time at which a run in full space diverges.

use crate::setting::{Setting, mean, modes, sampler};
use equipoise_covariance::Modes;
use equipoise_guidance::{Excess, Sda, Strength};
use equipoise_observation::NoiseVariance;
use equipoise_operator::Subsample;
use equipoise_reduced::{Draws, Likelihood, Outcome, Reduced, Start};
use equipoise_sampler::Outcome as FullOutcome;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Guidance 1e3 times too strong grows by a factor of some 1e3 a step: the norm leaves the range of f32
/// a step before or after an entry of the field or a product on the way does.
#[test]
fn a_lost_run_says_when() {
    let shape = equipoise_field::Shape::new(1, 2, 8, 8);
    let dim = shape.len();
    let wide = modes(dim, 4, Some(0.02));
    let narrow = |v: &[f64]| -> Vec<f32> { v.iter().map(|&x| x as f32).collect() };
    let lambda = equipoise_covariance::Covariance::eigenvalues(&wide).to_vec();
    let covariance = Arc::new(Modes::new(dim, narrow(wide.basis()), lambda, Some(0.02)).unwrap());
    let operator = Arc::new(Subsample::new(shape, 2).unwrap());
    let setting = Setting::new(narrow(&mean(dim)), covariance, operator, NoiseVariance::Uniform(0.01));
    let strength = Strength {
        variance: NoiseVariance::Uniform(1e-5),
        excess: Excess::Gamma(0.0),
        factor: 1.0,
        adaptive: None,
    };
    let sampler = sampler(64, 0);
    let start: Vec<f32> = Stream::new("start").normal(0, dim);
    let guidance = Sda::new(setting.wiener.clone(), setting.observation.clone(), strength.clone());
    let unused = Stream::new("unused");
    let full = sampler.run(&guidance, &*setting.schedule, start.clone(), &unused, 10.0).unwrap();
    let FullOutcome::Diverged { t: expected, .. } = full else { panic!("finished: {:?}", full.trace()) };

    let (space, law) = (setting.space().unwrap(), Likelihood::Law(strength));
    let reduced =
        Reduced::bind(space, &setting.observation, law, setting.schedule.clone(), sampler.clone()).unwrap();
    let field = Draws { start: Start::Field(&start), langevin: unused };
    let stable = Draws { start: Start::Prior(Stream::new("other")), langevin: unused };
    let outcomes = reduced.ensemble(&[field, stable]).unwrap();
    for outcome in &outcomes {
        let Outcome::Diverged { t, rms, trace } = outcome else { panic!("finished: {:?}", outcome.trace()) };
        assert!((t - expected).abs() < 1.5 / 64.0, "{t} {expected}");
        assert!(*rms > f64::from(f32::MAX) && trace.peak.rms <= *rms, "{rms:e}");
        assert!(outcome.end().is_none() && trace.evaluations < 64);
    }
}
