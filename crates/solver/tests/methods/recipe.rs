//! Recipes: how they are written, and that what they say reaches the method.

use super::{bits, inference, member, strength};
use equipoise_guidance::{DiffPir, Guidance, Mmps};
use equipoise_observation::ConjugateGradients;
use equipoise_solver::{Inference, Method, PosteriorSampler, Range, Recipe};
use std::collections::BTreeSet;
use std::sync::Arc;

fn recipe(text: &str) -> Recipe {
    text.parse().unwrap()
}

#[test]
fn recipes_are_read_as_they_are_written() {
    for method in Method::all() {
        let mut all = Recipe::from(method);
        assert_eq!(recipe(method.name()), all);
        for parameter in method.spec().parameters {
            let numbers: &[f64] = match parameter.range {
                Range::Positive(_) => &[1e-7, 0.1, 3e20],
                Range::Share(_) => &[0.0, 0.3, 1.0],
                _ => &[1.0, 7.0, 1e9],
            };
            for number in numbers.iter().chain([&parameter.published.number()]) {
                let one = Recipe::from(method).with(parameter.name, *number).unwrap();
                assert_eq!(recipe(&one.to_string()), one);
                assert_eq!(one.value(parameter.name).unwrap().number().to_bits(), number.to_bits());
                all = all.with(parameter.name, *number).unwrap();
            }
        }
        assert_eq!(recipe(&all.to_string()), all);
    }
    // In the order of the table, whatever the order in which they were given.
    assert_eq!(recipe("daps:steps=50, rate=3e-4").to_string(), "daps:rate=0.0003,steps=50");
    assert_eq!(recipe("mmps").given("iterations"), None);
    assert_eq!(recipe("ddrm:eta=-0").to_string(), "ddrm:eta=0", "one value has one name");
}

#[test]
fn what_is_no_recipe_is_refused() {
    let texts = [
        "nothing",
        "dps:",
        "dps:zeta",
        "dps:zeta=",
        "dps:zeta=much",
        "mmps:iterations=0x2",
        "sda:law=dual",
        "dps:eta=1",
        "tmpd:eta=1",
        "dps:zeta=1,zeta=2",
        "dps:zeta=0",
        "dps:zeta=NaN",
        "dps:zeta=inf",
        "dsg:weight=1.5",
        "ddrm:eta=-0.1",
        "mmps:iterations=1.5",
        "mmps:iterations=0",
        "mmps:iterations=1e16",
        "daps:steps=3,flow_steps=0.5",
        "daps_exact:rate=1e-4",
    ];
    let refused = |text: &str| text.parse::<Recipe>().unwrap_err().to_string();
    insta::assert_snapshot!(texts.map(refused).join("\n"), @r"
    method: found `nothing`, expected one of sda, exact, mmps, poly2, tmpd, pigdm_score, jfps, diffpir, dps, sda_dps, dsg, mcg, pigdm, ddrm, ddnm, pnp_admm, red_diff, daps, daps_exact
    method dps: found ``, expected NAME=VALUE, with commas between
    method dps: found `zeta`, expected NAME=VALUE, with commas between
    method dps: found `zeta=`, expected a finite number above 0
    method dps: found `zeta=much`, expected a finite number above 0
    method mmps: found `iterations=0x2`, expected a whole number of at least 1
    method sda: found `law`, expected one of its parameters: gamma
    method dps: found `eta`, expected one of its parameters: zeta
    method tmpd: found `eta`, expected no parameter: the method has none
    method dps: found `zeta=2`, expected each parameter once
    method dps, zeta: found 0, expected a finite number above 0
    method dps, zeta: found NaN, expected a finite number above 0
    method dps, zeta: found inf, expected a finite number above 0
    method dsg, weight: found 1.5, expected a number from 0 to 1
    method ddrm, eta: found -0.1, expected a number from 0 to 1
    method mmps, iterations: found 1.5, expected a whole number of at least 1
    method mmps, iterations: found 0, expected a whole number of at least 1
    method mmps, iterations: found 10000000000000000, expected a whole number of at least 1
    method daps, flow_steps: found 0.5, expected a whole number of at least 1
    method daps_exact: found `rate`, expected one of its parameters: flow_steps
    ");
}

/// A guidance that is made without a recipe.
fn by_hand(on: &Inference<f64>, text: &str) -> Option<Box<dyn PosteriorSampler<f64>>> {
    let seen = Arc::clone(on.problem.observation());
    let guided = |guidance: Arc<dyn Guidance<f64>>| Box::new(on.guided(guidance));
    Some(match text {
        "mmps:iterations=2" => {
            let solver = ConjugateGradients { iterations: 2, tolerance: 1e-10 };
            guided(Arc::new(Mmps::new(on.problem.prior().clone(), seen, solver)))
        }
        "diffpir:lambda=3" => guided(Arc::new(DiffPir::new(on.problem.denoiser(), seen).with_lambda(3.0))),
        _ => return None,
    })
}

/// Every parameter changes the draw; of a guidance, to that of the call that sets it, bit for bit.
#[test]
fn every_parameter_reaches_its_method() {
    const TEXTS: [&str; 18] = [
        "sda:gamma=0.5",
        "mmps:iterations=2",
        "diffpir:lambda=3",
        "dps:zeta=0.5",
        "sda_dps:zeta=0.5",
        "dsg:weight=0.5",
        "mcg:zeta=0.5",
        "pigdm:eta=0.5",
        "ddrm:eta=0.5",
        "ddnm:eta=0.5",
        "pnp_admm:lambda=0.5",
        "red_diff:rate=0.5",
        "red_diff:lambda=0.5",
        "daps:rate=0.001",
        "daps:steps=3",
        "daps:decay=0.5",
        "daps:flow_steps=2",
        "daps_exact:flow_steps=2",
    ];
    let named = TEXTS.map(|text| text.split_once('=').unwrap().0.to_owned());
    let known =
        Method::all().flat_map(|m| m.spec().parameters.iter().map(move |p| format!("{m}:{}", p.name)));
    assert_eq!(BTreeSet::from(named), known.collect::<BTreeSet<_>>());
    let (on, law) = (inference(), strength(super::NOISE));
    let end = |sampler: Box<dyn PosteriorSampler<f64>>| {
        let outcome = sampler.sample(&member(0)).unwrap();
        assert!(outcome.is_finished());
        (bits(outcome.x()), outcome.trace().evaluations)
    };
    for text in TEXTS {
        let recipe = recipe(text);
        let found = end(on.bind(&recipe, Some(&law)).unwrap());
        let published = end(on.bind(&recipe.method().into(), Some(&law)).unwrap());
        assert_ne!(found.0, published.0, "{text}");
        assert_eq!(found.1 != published.1, text.contains("flow_steps"), "{text}: evaluations");
        if let Some(by_hand) = by_hand(&on, text) {
            assert_eq!(found, end(by_hand), "{text}");
        }
        if text == "sda:gamma=0.5" {
            let mut other = strength(super::NOISE);
            other.excess = equipoise_guidance::Excess::Gamma(0.5);
            assert_eq!(found, end(on.bind(&Method::SDA.into(), Some(&other)).unwrap()));
        }
    }
}
