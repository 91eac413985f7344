//! Reduced runs that draw have the law of runs in full space.

use crate::setting::{Setting, mean, modes, sampler, stationary};
use equipoise_field::Shape;
use equipoise_observation::NoiseVariance;
use equipoise_operator::{Mask, Subsample};
use equipoise_reduced::{Draws, Likelihood, Reduced, ReducedSpace, Start};
use equipoise_sampler::PredictorCorrector;
use equipoise_scaling::Law;
use equipoise_stream::Stream;
use equipoise_wiener::gain;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(1, 2, 4, 4);
/// Runs on either side.
const RUNS: u64 = 4000;

/// Standard errors that a moment may be off, where some 600 are compared: the normal law leaves one in
/// 1.7 million beyond five.
const ERRORS: f64 = 5.0;

/// Mean and variance of one quantity over runs, with the standard error of both.
struct Moments {
    mean: [f64; 2],
    variance: [f64; 2],
}

fn moments(values: impl Iterator<Item = f64> + Clone) -> Moments {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let central = |k: i32| values.clone().map(|x| (x - mean).powi(k)).sum::<f64>() / n;
    let (variance, fourth) = (central(2), central(4));
    let error = ((fourth - variance * variance).max(0.0) / n).sqrt();
    Moments { mean: [mean, (variance / n).sqrt()], variance: [variance, error] }
}

fn agree(what: &str, a: [f64; 2], b: [f64; 2]) {
    let error = a[1].hypot(b[1]);
    assert!((a[0] - b[0]).abs() <= ERRORS * error, "{what}: {} against {}, error {error}", a[0], b[0]);
}

/// Entries, squared norm and neighbouring products of states.
fn compare(name: &str, reduced: &[Vec<f64>], full: &[Vec<f64>]) {
    let check = |what: &str, of: &dyn Fn(&Vec<f64>) -> f64| {
        let (a, b) = (moments(reduced.iter().map(of)), moments(full.iter().map(of)));
        agree(&format!("{name}, mean of {what}"), a.mean, b.mean);
        agree(&format!("{name}, variance of {what}"), a.variance, b.variance);
    };
    for i in 0..full[0].len() {
        check(&format!("x_{i}"), &|x| x[i]);
        if i > 0 {
            check(&format!("x_{i} x_{}", i - 1), &|x| x[i] * x[i - 1]);
        }
    }
    check("‖x‖²", &|x| x.iter().map(|x| x * x).sum());
}

/// Runs of both kinds from starts of the same law.
fn both(
    setting: &Setting<f64>,
    law: Option<Law>,
    sampler: &PredictorCorrector,
    prior: bool,
) -> [Vec<Vec<f64>>; 2] {
    let (dim, first) = (setting.dim(), setting.schedule.level(1.0));
    let guidance = setting.guidance(law, sampler);
    let full = (0..RUNS).map(|m| {
        let mut start: Vec<f64> = Stream::new("full start").number(m).normal(0, dim);
        if prior {
            let covariance = setting.wiener.prior_covariance();
            let root = covariance.weights(&|l| (first.mu.powi(2) * l + first.sigma.powi(2)).sqrt());
            let white = start.clone();
            covariance.apply(&root, &white, &mut start);
            start.iter_mut().zip(setting.wiener.mean()).for_each(|(x, m)| *x += first.mu * m);
        }
        let noise = Stream::new("full noise").number(m);
        sampler.run(&*guidance, &*setting.schedule, start, &noise, 10.0).unwrap().x().to_vec()
    });
    let reduced = setting.reduced(law, sampler);
    let members: Vec<Draws<'_, f64>> = (0..RUNS)
        .map(|m| {
            let stream = Stream::new("reduced start").number(m);
            let start = if prior { Start::Prior(stream) } else { Start::Normal(stream) };
            Draws { start, langevin: Stream::new("reduced noise").number(m) }
        })
        .collect();
    let ends = reduced.ensemble(&members).unwrap();
    let expanded = ends.iter().zip(&members).map(|(outcome, draws)| {
        let mut x = vec![0.0; dim];
        reduced.expand(draws.start, outcome.end().unwrap(), &mut x).unwrap();
        x
    });
    [expanded.collect(), full.collect()]
}

/// D = 32 is small enough for ‖ε_y‖², and with it δ and the factor of `adaptive`, to vary by a quarter
/// from run to run: a rest whose norm were not drawn would show.
#[test]
fn explicit_modes() {
    let dim = SHAPE.len();
    let operator = Subsample::new(SHAPE, 2).unwrap();
    let split = NoiseVariance::PerChannel { values: vec![0.04, 0.5], plane: operator.observed().plane() };
    let cases = [
        ("dual, corrected", Some(Law::Dual), 2, false, NoiseVariance::Uniform(0.04)),
        ("exact, corrected, from the prior", None, 1, true, split.clone()),
        ("adaptive, from the prior", Some(Law::Adaptive), 0, true, NoiseVariance::Uniform(0.04)),
        ("matched, corrected", Some(Law::Matched), 1, false, split),
    ];
    for (name, law, corrections, prior, noise) in cases {
        let covariance = Arc::new(modes(dim, 3, Some(0.3)));
        let setting = Setting::new(mean(dim), covariance, Arc::new(operator), noise);
        let [reduced, full] = both(&setting, law, &sampler(12, corrections), prior);
        compare(name, &reduced, &full);
    }
}

#[test]
fn alias_blocks() {
    let operator = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    for (name, law, corrections, prior) in [
        ("dual, corrected", Some(Law::Dual), 2, false),
        ("exact, corrected, from the prior", None, 1, true),
        ("adaptive", Some(Law::Adaptive), 0, true),
    ] {
        let covariance = Arc::new(stationary(SHAPE));
        let noise = NoiseVariance::Uniform(0.04);
        let setting = Setting::new(mean(SHAPE.len()), covariance, operator.clone(), noise);
        let [reduced, full] = both(&setting, law, &sampler(12, corrections), prior);
        compare(name, &reduced, &full);
    }
}

/// Corrections from a field start add their noise to a state that is known.
#[test]
fn corrections_after_a_given_start() {
    let dim = SHAPE.len();
    let operator = Arc::new(Mask::new(dim, vec![0, 3, 4, 9, 17, 20, 21, 30]).unwrap());
    let covariance = Arc::new(modes(dim, 3, Some(0.3)));
    let setting = Setting::new(mean(dim), covariance, operator, NoiseVariance::Uniform(0.04));
    let sampler = sampler(12, 1);
    let start: Vec<f64> = Stream::new("one start").normal(0, dim);
    let guidance = setting.guidance(Some(Law::Sum), &sampler);
    let full: Vec<Vec<f64>> = (0..RUNS)
        .map(|m| {
            let noise = Stream::new("full noise").number(m);
            sampler.run(&*guidance, &*setting.schedule, start.clone(), &noise, 10.0).unwrap().x().to_vec()
        })
        .collect();
    let reduced = setting.reduced(Some(Law::Sum), &sampler);
    let expand = |m: u64| {
        let draws = Draws { start: Start::Field(&start), langevin: Stream::new("reduced noise").number(m) };
        let outcome = reduced.run(&draws).unwrap();
        let mut x = vec![0.0; dim];
        reduced.expand(draws.start, outcome.end().unwrap(), &mut x).unwrap();
        x
    };
    compare("one start", &(0..RUNS).map(expand).collect::<Vec<_>>(), &full);
}

/// A white prior N(0, λI) seen in part: what is seen and what is not have one variance each, and with
/// y = 0 both follow the recursion
///
/// > predictor s ← (μ′/μ + hL/σ)² s, h = σ′ − (μ′/μ)σ, L = 1 − μj + σ²j²/v where seen,
/// > corrector δ = τ/Σ (n/D) L²s/σ², s ← (1 − δL)² s + 2δσ²,
///
/// but for the fluctuation of δ, relative √(2/D) a step, which the contraction of the corrector keeps
/// from adding up.
#[test]
fn a_white_prior_follows_its_recursion() {
    let (dim, lambda, s2, v) = (20_000usize, 2.0, 0.04, 0.09);
    let seen = dim / 5;
    let mut mode = vec![0.0; dim];
    mode[7] = 1.0;
    let covariance =
        Arc::new(equipoise_covariance::Modes::new(dim, mode, vec![lambda], Some(lambda)).unwrap());
    let operator = Arc::new(Mask::new(dim, (0..seen).map(|i| 5 * i).collect()).unwrap());
    let mut setting = Setting::new(vec![0.0; dim], covariance, operator.clone(), NoiseVariance::Uniform(s2));
    let none = equipoise_observation::Observed::shared(vec![0.0; seen], operator, NoiseVariance::Uniform(s2));
    setting.observation = Arc::new(none.unwrap());
    let strength = equipoise_guidance::Strength {
        variance: NoiseVariance::Uniform(v),
        excess: equipoise_guidance::Excess::Gamma(0.0),
        factor: 1.0,
        adaptive: None,
    };
    let sampler = sampler(64, 1);
    let space = Arc::new(ReducedSpace::new(setting.wiener.clone(), setting.observed.clone()).unwrap());
    let (schedule, law) = (setting.schedule.clone(), Likelihood::Law(strength));
    let reduced = Reduced::bind(space, &setting.observation, law, schedule, sampler.clone()).unwrap();
    let start = Start::Normal(Stream::new("start"));
    let outcome = reduced.run(&Draws { start, langevin: Stream::new("langevin") }).unwrap();
    let mut x = vec![0.0; dim];
    reduced.expand(start, outcome.end().unwrap(), &mut x).unwrap();

    let share = [seen as f64 / dim as f64, 1.0 - seen as f64 / dim as f64];
    let mut s = [1.0; 2];
    let pull = |l: equipoise_schedule::Level| {
        let j = gain::jacobian(l, lambda);
        let unseen = 1.0 - l.mu * j;
        [unseen + (l.sigma * j).powi(2) / v, unseen]
    };
    for times in sampler.grid().windows(2) {
        let (now, then) = (setting.schedule.level(times[0]), setting.schedule.level(times[1]));
        let h = then.sigma - then.mu / now.mu * now.sigma;
        let l = pull(now);
        (0..2).for_each(|k| s[k] *= (then.mu / now.mu + h * l[k] / now.sigma).powi(2));
        let l = pull(then);
        let e2: f64 = (0..2).map(|k| share[k] * l[k] * l[k] * s[k]).sum::<f64>() / then.sigma.powi(2);
        let delta = sampler.tau() / e2;
        (0..2).for_each(|k| s[k] = (1.0 - delta * l[k]).powi(2) * s[k] + 2.0 * delta * then.sigma.powi(2));
    }
    for (k, own) in [(0, true), (1, false)] {
        let values: Vec<f64> =
            x.iter().enumerate().filter(|(i, _)| (i % 5 == 0) == own).map(|(_, x)| *x).collect();
        let n = values.len() as f64;
        let variance = values.iter().map(|x| x * x).sum::<f64>() / n;
        // Five standard errors of n draws and of δ's D.
        let bound = ERRORS * s[k] * (2.0 / n + 2.0 / dim as f64).sqrt();
        assert!((variance - s[k]).abs() < bound, "class {k}: {variance} against {}", s[k]);
    }
}
