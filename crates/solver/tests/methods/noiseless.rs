//! Exact observations, s² = 0: which methods take them, and what the others say.

use super::{DIM, inference_of, mask, member, mixture, observed, strength, wiener};
use equipoise_field::Shape;
use equipoise_guidance::ConditionalCovariance;
use equipoise_locality::{Memory, Optimal, Training};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::LinearOperator;
use equipoise_solver::{Method, Needs, ObservedGaussian, Problem, Watch};
use equipoise_stream::Stream;
use std::sync::Arc;

/// What becomes of a method: `runs`, to a finite end, or its refusal.
fn run(method: Method, prior: ConditionalCovariance<f64>, seen: Arc<Observed<f64>>) -> String {
    let mut law = strength(0.0);
    law.variance = seen.noise().clone();
    let on = inference_of(Problem::new(prior, seen).unwrap());
    let drawn = on.bind(&method.into(), Some(&law)).and_then(|bound| bound.draw(&[member(0)], Watch::NONE));
    match drawn {
        Err(refused) => refused.to_string(),
        Ok(ensemble) => {
            let outcome = &ensemble.outcomes()[0];
            let finite = outcome.x().iter().all(|x| x.is_finite());
            assert!(outcome.is_finished() && finite, "{method}: {outcome:?}");
            "runs".to_owned()
        }
    }
}

fn of(method: Method, operator: &Arc<dyn LinearOperator<f64>>, noise: &NoiseVariance) -> String {
    if method.spec().needs == Needs::Denoiser {
        let seen = observed(Arc::clone(operator), noise.clone());
        return run(method, ConditionalCovariance::Exact(wiener()), seen);
    }
    let probes = Stream::new("probes");
    let prior = ObservedGaussian::new(wiener(), Arc::clone(operator), noise.clone(), probes);
    prior.err().unwrap().to_string()
}

/// No method makes NaN of it: each runs to a finite end, or says what it needs.
#[test]
fn exact_observations_are_taken_or_refused() {
    let exact = NoiseVariance::Uniform(0.0);
    let mixed = NoiseVariance::PerObservation(vec![0.0, 0.09, 0.09]);
    let line = |method: Method| {
        let found = of(method, &mask(), &exact);
        assert_eq!(of(method, &mixture(), &exact), found, "{method}");
        assert_eq!(of(method, &mask(), &mixed), found, "{method}");
        format!("{method}: {found}")
    };
    insta::assert_snapshot!(Method::all().map(line).collect::<Vec<_>>().join("\n"), @r"
    sda: runs
    exact: noise variance of observation 0: found 0, expected a positive finite number
    mmps: runs
    poly2: noise variance of observation 0: found 0, expected a positive finite number
    tmpd: runs
    pigdm_score: runs
    jfps: noise variance of observation 0: found 0, expected a positive finite number
    diffpir: runs
    dps: runs
    sda_dps: runs
    dsg: runs
    mcg: runs
    pigdm: runs
    ddrm: runs
    ddnm: runs
    pnp_admm: method pnp_admm: found an observation without noise, expected s² above 0
    red_diff: method red_diff: found an observation without noise, expected s² above 0
    daps: method daps: found an observation without noise, expected s² above 0
    daps_exact: method daps: found an observation without noise, expected s² above 0
    ");
}

/// A prior on finitely many fields takes exact observations that one of them meets.
#[test]
fn a_prior_on_finitely_many_fields_keeps_those_that_meet_them() {
    let field = |k: usize| (0..DIM).map(move |i| (0.9 * (i + 3 * k) as f64).cos());
    let samples = Arc::new(Memory::new((0..4).flat_map(field).collect(), DIM).unwrap());
    let prior = || {
        let training = Training::new(Shape::new(1, 1, 1, DIM), samples.clone()).unwrap();
        ConditionalCovariance::Empirical(Arc::new(Optimal::new(training)))
    };
    let second: Vec<f64> = field(1).collect();
    let met = |y: Vec<f64>| Arc::new(Observed::shared(y, mask(), NoiseVariance::Uniform(0.0)).unwrap());
    assert_eq!(run(Method::EXACT, prior(), met([0, 3, 5].map(|i| second[i]).to_vec())), "runs");
    let none = run(Method::EXACT, prior(), met(vec![0.8, -0.4, 1.3]));
    assert!(none.starts_with("denoiser: log-likelihood: found -inf for all 4 training samples"), "{none}");
}
