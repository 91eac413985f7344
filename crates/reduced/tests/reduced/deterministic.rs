//! From the same start a reduced run is the run in full space: without corrections, and in the alias
//! blocks with them.

use crate::setting::{LAWS, Setting, mean, modes, relative, sampler, stationary};
use equipoise_field::Shape;
use equipoise_observation::NoiseVariance;
use equipoise_operator::{Coarsen, LinearOperator, Mask, Subsample};
use equipoise_reduced::{Draws, Start};
use equipoise_scaling::Law;
use equipoise_stream::Stream;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(3, 2, 8, 12);

/// Both are f64: 24 steps of a map that moves errors of ε = 2e-16, relative to what it adds up, which a
/// law that over-guides lets grow by 1e3 and more before it returns.
const BOUND: f64 = 1e-10;

/// The largest relative difference over all laws that stay below 1e6, and how many did.
fn worst(setting: &Setting<f64>, corrections: usize) -> (f64, usize) {
    let sampler = sampler(24, corrections);
    let start: Vec<f64> = Stream::new("start").normal(0, setting.dim());
    let langevin = Stream::new("langevin");
    let draws = Draws { start: Start::Field(&start), langevin };
    let (mut worst, mut compared) = (0.0f64, 0);
    for law in LAWS.map(Some).into_iter().chain([None]) {
        let guidance = setting.guidance(law, &sampler);
        let full = sampler.run(&*guidance, &*setting.schedule, start.clone(), &langevin, 10.0).unwrap();
        let reduced = setting.reduced(law, &sampler);
        let outcome = reduced.run(&draws).unwrap();
        assert_eq!(outcome.trace().evaluations, full.trace().evaluations);
        let (Some(end), true) = (outcome.end(), full.trace().peak < 1e6) else { continue };
        let mut found = vec![0.0; setting.dim()];
        reduced.expand(draws.start, end, &mut found).unwrap();
        worst = worst.max(relative(&found, full.x()));
        let (norm, expected) = (outcome.trace().guidance_norm, full.trace().guidance_norm);
        assert!((norm - expected).abs() <= 1e-8 * expected, "{law:?}: ‖g‖ {norm} {expected}");
        compared += 1;
    }
    (worst, compared)
}

fn per_channel(operator: &Subsample) -> NoiseVariance {
    NoiseVariance::PerChannel { values: vec![0.04, 0.09], plane: operator.observed().plane() }
}

#[test]
fn explicit_modes_under_every_operator_with_orthogonal_rows() {
    let dim = SHAPE.len();
    let uniform = NoiseVariance::Uniform(0.04);
    let listed: Vec<usize> = (0..dim).filter(|i| i % 7 == 0 || i % 11 == 3).collect();
    let mut cases: Vec<(&str, Arc<dyn LinearOperator<f64>>, NoiseVariance)> = vec![
        ("mask", Arc::new(Mask::new(dim, listed).unwrap()), uniform.clone()),
        (
            "three sensors, fewer than modes",
            Arc::new(Mask::new(dim, vec![1, 40, 300]).unwrap()),
            uniform.clone(),
        ),
        ("coarsen, A Aᵀ = I/4", Arc::new(Coarsen::new(SHAPE, 2).unwrap()), uniform.clone()),
    ];
    for stride in [1, 2, 3, 5] {
        let operator = Subsample::new(SHAPE, stride).unwrap();
        cases.push(("subsample", Arc::new(operator), uniform.clone()));
        cases.push(("subsample, a noise for each channel", Arc::new(operator), per_channel(&operator)));
    }
    for (name, operator, noise) in cases {
        let count = operator.len_out();
        let setting = Setting::new(mean(dim), Arc::new(modes(dim, 6, Some(0.02))), operator, noise);
        let (worst, compared) = worst(&setting, 0);
        assert!(worst < BOUND && compared >= 6, "{name}, N = {count}: {worst:e} over {compared} laws");
    }
}

/// More modes than are worth a matrix of their own at every level.
#[test]
fn many_modes() {
    let dim = SHAPE.len();
    let operator = Arc::new(Subsample::new(SHAPE, 2).unwrap());
    let covariance = Arc::new(modes(dim, 40, Some(0.02)));
    let setting = Setting::new(mean(dim), covariance, operator, NoiseVariance::Uniform(0.04));
    let (worst, compared) = worst(&setting, 0);
    assert!(worst < BOUND && compared >= 6, "{worst:e} over {compared} laws");
}

/// Without a complement every direction is a mode.
#[test]
fn a_complete_basis() {
    let shape = Shape::new(1, 2, 4, 6);
    let covariance = Arc::new(modes(shape.len(), shape.len(), None));
    let operator = Arc::new(Subsample::new(shape, 2).unwrap());
    let setting = Setting::new(mean(shape.len()), covariance, operator, NoiseVariance::Uniform(0.04));
    let (worst, compared) = worst(&setting, 0);
    assert!(worst < BOUND && compared >= 6, "{worst:e} over {compared} laws");
}

/// Self-conjugate coarse wavenumbers hold pairs of fine ones; odd sides have fewer of them.
#[test]
fn stationary_priors_on_dividing_lattices() {
    for (shape, strides) in [(SHAPE, vec![1, 2, 4]), (Shape::new(2, 2, 9, 15), vec![1, 3])] {
        for stride in strides {
            let operator = Subsample::new(shape, stride).unwrap();
            for noise in [NoiseVariance::Uniform(0.04), per_channel(&operator)] {
                let covariance = Arc::new(stationary(shape));
                let setting = Setting::new(mean(shape.len()), covariance, Arc::new(operator), noise);
                for corrections in 0..=2 {
                    let (worst, compared) = worst(&setting, corrections);
                    assert!(
                        worst < BOUND && compared >= 6,
                        "{shape}, stride {stride}, {corrections} corrections: {worst:e} over {compared}"
                    );
                }
            }
        }
    }
}

/// The law: a field that is long enough for threads to share it, plane by plane as well, has the same bits
/// on one as on three, whatever it is drawn from and whatever stood in its place.
#[test]
fn a_field_does_not_depend_on_threads_or_on_what_stood_there() {
    let shape = Shape::new(1, 2, 210, 210);
    let (dim, start) = (shape.len(), Stream::new("start"));
    let (covariance, field) = (Arc::new(modes(dim, 6, Some(0.02))), start.normal(0, dim));
    for stride in [1, 3] {
        let operator = Subsample::new(shape, stride).unwrap();
        for noise in [NoiseVariance::Uniform(0.04), per_channel(&operator)] {
            let setting = Setting::new(mean(dim), covariance.clone(), Arc::new(operator), noise);
            let ends = |count, before: f64| {
                let cases = [
                    (Start::Field(&field[..]), 0),
                    (Start::Field(&field), 1),
                    (Start::Normal(start), 1),
                    (Start::Prior(start), 1),
                ];
                threads(count).install(|| {
                    cases.map(|(start, corrections)| {
                        let reduced = setting.reduced(Some(Law::Dual), &sampler(4, corrections));
                        let draws = Draws { start, langevin: Stream::new("langevin") };
                        let mut x = vec![before; dim];
                        reduced.expand(start, reduced.run(&draws).unwrap().end().unwrap(), &mut x).unwrap();
                        x
                    })
                })
            };
            assert!(ends(1, f64::NAN) == ends(3, 1.0), "stride {stride}");
        }
    }
}

fn threads(count: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap()
}

/// Members side by side, more than run in one vector, are members alone, in every bit and on any number
/// of threads: under modes whose classes share their axes, under classes that do not, in alias blocks.
#[test]
fn members_do_not_see_each_other() {
    let dim = SHAPE.len();
    let operator = Subsample::new(SHAPE, 2).unwrap();
    let noise = NoiseVariance::Uniform(0.04);
    let low = |noise| Setting::new(mean(dim), Arc::new(modes(dim, 6, Some(0.02))), Arc::new(operator), noise);
    let periodic = Setting::new(mean(dim), Arc::new(stationary(SHAPE)), Arc::new(operator), noise.clone());
    for setting in [low(noise), low(per_channel(&operator)), periodic] {
        let reduced = setting.reduced(Some(Law::Adaptive), &sampler(16, 1));
        let draws = |m: u64| Draws {
            start: Start::Normal(Stream::new("start").number(m)),
            langevin: Stream::new("langevin").number(m),
        };
        let members: Vec<_> = (0..19).map(draws).collect();
        let expand = |outcome: &equipoise_reduced::Outcome, draws: &Draws<'_, f64>| {
            let mut x = vec![0.0; dim];
            reduced.expand(draws.start, outcome.end().unwrap(), &mut x).unwrap();
            x
        };
        let one = threads(1).install(|| reduced.ensemble(&members)).unwrap();
        let three = threads(3).install(|| reduced.ensemble(&members)).unwrap();
        for ((one, three), draws) in one.iter().zip(&three).zip(&members) {
            let alone = reduced.run(draws).unwrap();
            for beside in [one, three] {
                assert_eq!(beside.trace(), alone.trace());
                assert!(expand(beside, draws) == expand(&alone, draws));
            }
        }
    }
}
