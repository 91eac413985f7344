//! χ tells wrong noise from right noise.

use crate::flow::{SHAPE, at, prior, problem, scattered};
use equipoise_data::sensors::Reading;
use equipoise_field::each;
use equipoise_operator::TimeRule;
use equipoise_prior::Prior;
use equipoise_reconstruction::Misfit;
use equipoise_stream::Stream;

const SEEDS: u64 = 30;
const STATED: f64 = 0.2;

/// A table of 20 places at every frame of a draw from the prior, with noise of `factor(place)` times
/// the stated one.
fn table(prior: &Prior, seed: u64, factor: impl Fn(usize) -> f64) -> Vec<Reading> {
    let covariance = prior.covariance();
    let white: Vec<f32> = Stream::new("truth").number(seed).normal(0, SHAPE.len());
    let mut truth = vec![0.0; SHAPE.len()];
    covariance.apply(&covariance.weights(&f64::sqrt), &white, &mut truth);
    each::update1(&mut truth, prior.mean(), |x, m| x + m);
    let blank: Vec<Reading> = (0..SHAPE.frames)
        .flat_map(|t| scattered(20).into_iter().map(move |(h, w)| at(t as f64, h, w, [0.0; 2], STATED)))
        .collect();
    let seen = problem(prior.clone(), &blank, TimeRule::Nearest).read(&truth);
    let noise: Vec<f64> = Stream::new("noise").number(seed).normal(0, seen.len());
    let mut readings = blank;
    for (i, reading) in readings.iter_mut().enumerate() {
        for (c, component) in reading.components.iter_mut().take(2).enumerate() {
            let k = 2 * i + c;
            component.as_mut().unwrap().value = seen[k] + STATED * factor(i % 20) * noise[k];
        }
    }
    readings
}

fn misfits(periodic: bool, factor: impl Fn(usize) -> f64) -> Vec<Misfit> {
    let prior = prior(periodic);
    (0..SEEDS)
        .map(|seed| {
            let readings = table(&prior, seed, &factor);
            Misfit::of(&problem(prior.clone(), &readings, TimeRule::Nearest)).unwrap()
        })
        .collect()
}

/// Under the model every check lies outside its 99 % band once in a hundred: more than three of 30
/// have probability 2e-4. The deviates are standard normal to the accuracy of Wilson and Hilferty, so
/// that their mean lies within four standard errors of zero.
#[test]
fn right_noise_is_not_flagged() {
    for periodic in [false, true] {
        let misfits = misfits(periodic, |_| 1.0);
        let count = |flagged: fn(&Misfit) -> bool| misfits.iter().filter(|m| flagged(m)).count();
        let overall = count(|m| m.overall.unusual(1));
        let prior = count(|m| m.prior.unusual(1));
        let sensors = count(|m| !m.suspects().is_empty());
        assert!(overall.max(prior).max(sensors) <= 3, "{overall}, {prior}, {sensors} of {SEEDS}");
        let mean = |of: fn(&Misfit) -> f64| misfits.iter().map(of).sum::<f64>() / SEEDS as f64;
        let bound = 4.0 / (SEEDS as f64).sqrt();
        assert!(mean(|m| m.overall.deviate).abs() < bound);
        assert!(mean(|m| m.prior.deviate).abs() < bound);
    }
}

/// Noise twice and half of what was stated is flagged every time, in the right direction, and the
/// factor is found within 15 %: χ² of ν ≥ 80 degrees has a relative deviation of √(2/ν) = 0.16, half
/// of it in χ, and the mean of 30 is five times better.
#[test]
fn wrong_noise_is_flagged() {
    for (periodic, factor) in [(false, 2.0), (false, 0.5), (true, 2.0), (true, 0.5)] {
        let misfits = misfits(periodic, |_| factor);
        for misfit in &misfits {
            assert!(misfit.overall.degrees > 80.0, "{:?}", misfit.overall);
            assert!(misfit.overall.unusual(1), "{factor}: {:?}", misfit.overall);
            assert_eq!(misfit.overall.chi > 1.0, factor > 1.0);
            let word = if factor > 1.0 { "too small" } else { "too large" };
            assert!(misfit.warnings()[0].contains(word), "{:?}", misfit.warnings());
        }
        let found = misfits.iter().map(|m| m.overall.noise_factor).sum::<f64>() / SEEDS as f64;
        assert!((found / factor - 1.0).abs() < 0.15, "{found} {factor}");
    }
}

/// One sensor with five times the noise is the first suspect every time.
#[test]
fn a_bad_sensor_is_named_first() {
    let (row, column) = scattered(20)[7];
    let (x, y) = (-1.0 + 0.25 * column, 2.0 + 0.5 * row);
    for misfit in misfits(true, |place| if place == 7 { 5.0 } else { 1.0 }) {
        let worst = misfit.suspects()[0];
        assert!((worst.x - x).hypot(worst.y - y) < 1e-12, "{worst:?}");
        assert!(
            misfit.warnings().iter().any(|w| w.contains(&format!("sensor at ({}, {})", worst.x, worst.y)))
        );
    }
}
