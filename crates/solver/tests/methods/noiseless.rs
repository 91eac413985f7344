//! Exact observations, s² = 0: which methods take them, and what the others say.

use super::{gaussian, inference_of, mask, member, mixture, observed, strength};
use equipoise_observation::NoiseVariance;
use equipoise_operator::LinearOperator;
use equipoise_solver::{Method, Problem, Watch};
use std::sync::Arc;

/// What becomes of a method: `runs`, or its refusal.
fn of(method: Method, operator: &Arc<dyn LinearOperator<f64>>, noise: &NoiseVariance) -> String {
    let seen = observed(Arc::clone(operator), noise.clone());
    let prior = gaussian(operator, noise.clone());
    let on = inference_of(Problem::gaussian(prior, seen).unwrap());
    let mut law = strength(0.0);
    law.variance = noise.clone();
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

/// No method makes NaN of it: each runs to a finite end, or says what it needs.
#[test]
fn exact_observations_are_taken_or_refused() {
    let exact = NoiseVariance::Uniform(0.0);
    let mixed = NoiseVariance::PerObservation(vec![0.09, 0.0, 0.09]);
    let mut lines = Vec::new();
    for method in Method::all() {
        let of_mask = of(method, &mask(), &exact);
        assert_eq!(of(method, &mixture(), &exact), of_mask, "{method}");
        if of(method, &mask(), &mixed) != of_mask {
            lines.push(format!("{method}, one of three: {}", of(method, &mask(), &mixed)));
        }
        lines.push(format!("{method}: {of_mask}"));
    }
    insta::assert_snapshot!(lines.join("\n"), @"");
}
