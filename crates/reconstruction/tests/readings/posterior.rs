//! The posterior that readings lead to, and who draws from it.

use crate::flow::{SHAPE, at, prior, problem, scattered};
use equipoise_experiment::Setup;
use equipoise_field::sum;
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_operator::{Subsample, TimeRule};
use equipoise_posterior::ExactPosterior;
use equipoise_reconstruction::{Choice, Ensemble, Misfit, Problem, ReconstructionError, Sampling};
use equipoise_sampler::SamplerName;
use equipoise_schedule::Spacing;
use equipoise_solver::Watch;
use std::path::Path;
use std::sync::{Arc, Mutex};

fn sampling(choice: &str, members: usize) -> Sampling {
    Sampling {
        choice: choice.parse().unwrap(),
        members,
        seed: 3,
        setup: Setup {
            schedule: "cos".parse().unwrap(),
            eta: 0.01,
            sampler: SamplerName::Exponential,
            spacing: Spacing::Uniform,
            steps: 32,
            corrections: 0,
            tau: Setup::TAU,
        },
    }
}

/// 16 places at the first frame of a periodic flow.
fn sparse() -> Problem {
    let readings: Vec<_> =
        scattered(16).iter().map(|&(h, w)| at(0.0, h, w, [2.0, -1.0 + 0.2 * w], 0.3)).collect();
    problem(prior(true), &readings, TimeRule::Nearest)
}

/// Sensors on every second grid point have the posterior mean of the subsampling operator.
#[test]
fn sensors_on_a_lattice_have_the_posterior_of_the_lattice() {
    let lattice = Subsample::new(SHAPE, 2).unwrap();
    let observed = lattice.observed();
    let value = |i: usize| (0.7 * i as f64).sin() + 1.0;
    let readings: Vec<_> = (0..SHAPE.frames)
        .flat_map(|t| (0..observed.plane()).map(move |p| (t, p / observed.width, p % observed.width)))
        .map(|(t, a, b)| {
            let values = [0, 1].map(|c| value(observed.index(t, c, a, b)));
            at(t as f64, 2.0 * a as f64, 2.0 * b as f64, values, 0.2)
        })
        .collect();
    let problem = problem(prior(true), &readings, TimeRule::Nearest);
    let scale = problem.prior.normalizer().scale();
    let mut y = vec![0.0f32; observed.len()];
    for (entry, value) in problem.placed.entries.iter().zip(problem.observation().values()) {
        let s = entry.sensor;
        y[observed.index(s.frame as usize, s.channel, s.row as usize / 2, s.column as usize / 2)] = *value;
    }
    let noise = NoiseVariance::PerChannel {
        values: scale.iter().map(|s| (0.2 / s).powi(2)).collect(),
        plane: observed.plane(),
    };
    let seen = ObservedPrior::new(problem.prior.covariance(), Arc::new(lattice), noise).unwrap();
    let reference = ExactPosterior::new(seen, problem.prior.mean().to_vec()).unwrap().mean(&y).unwrap();
    let found = problem.closed().unwrap().posterior.mean(problem.observation().values()).unwrap();
    // f32 fields through a system of condition λ_max/s², solved in f32 on the lattice.
    let condition = problem.prior.spectrum().0[0] / (0.2 / scale[1]).powi(2);
    let bound = condition * f64::from(f32::EPSILON) * sum::norm(&reference);
    let error = sum::squared_distance(&found, &reference).sqrt();
    assert!(error < bound && bound < 0.05 * sum::norm(&reference), "{error} {bound}");
}

/// Exact guidance with the best steps samples the exact posterior: at every reading the mean of 64
/// members lies within six standard errors of the exact mean, the deviation being known to a tenth, and
/// their deviation within five standard errors of the other.
#[test]
fn exact_diffusion_agrees_with_the_exact_posterior() {
    let problem = sparse();
    let draw = |choice: &str| {
        let sampling = sampling(choice, 64);
        Ensemble::of(&problem, &sampling.choice, sampling.draw(&problem, Watch::NONE).unwrap()).unwrap()
    };
    let (exact, diffused) = (draw("posterior"), draw("exact"));
    let n = 64f64;
    let expected = Misfit::of(&problem).unwrap().exact_members;
    for ensemble in [&exact, &diffused] {
        // 64 members with 32 numbers each, seen with noise of their own.
        assert!((ensemble.chi / expected - 1.0).abs() < 5.0 / (64.0f64 * 32.0).sqrt(), "{}", ensemble.chi);
        assert_eq!(ensemble.warning(expected), None);
        let [low, high] = Misfit::of(&problem).unwrap().band_of_members(64);
        assert!((low..=high).contains(&ensemble.chi), "{low} {} {high}", ensemble.chi);
        // 64 members of 32 numbers: ±2.58/√(2·64·32) of itself, if readings are about independent.
        assert!(high / low - 1.0 < 4.0 * 2.58 / (64.0f64 * 32.0 * 2.0).sqrt(), "{low} {high}");
    }
    assert!(exact.warning(0.5 * expected).unwrap().contains("has not sampled"));
    for i in 0..SHAPE.len() {
        let std = f64::from(exact.std().unwrap()[i]);
        let bias = f64::from(diffused.mean()[i] - exact.mean()[i]).abs();
        assert!(bias < 6.0 * std / n.sqrt(), "{i}: {bias} {std}");
        let ratio = f64::from(diffused.std().unwrap()[i]) / std;
        // Each deviation has a relative error of 1/√(2·64), the two together √2 of it.
        assert!((ratio - 1.0).abs() < 5.0 / n.sqrt(), "{i}: {ratio}");
    }
}

/// Members do not depend on how many are drawn, and a stopped run keeps those that were finished.
#[test]
fn a_stopped_run_keeps_its_members() {
    let problem = sparse();
    let all = sampling("posterior", 9).draw(&problem, Watch::NONE).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let stopped =
        pool.install(|| sampling("posterior", 9).draw(&problem, Watch { go_on: &|done| done < 4 }).unwrap());
    assert_eq!((stopped.len(), stopped.skipped()), (4, 5));
    for (index, outcome) in stopped.members().iter().zip(stopped.outcomes()) {
        assert_eq!(outcome, &all.outcomes()[*index]);
    }
}

/// The closed form draws as many members at a time as there are threads, whatever the length of a field.
#[test]
fn members_of_the_closed_form_are_drawn_side_by_side() {
    let (problem, told) = (sparse(), Mutex::new(Vec::new()));
    let go_on = |done| {
        told.lock().unwrap().push(done);
        true
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let drawn = pool.install(|| sampling("posterior", 7).draw(&problem, Watch { go_on: &go_on }).unwrap());
    assert_eq!((drawn.len(), told.into_inner().unwrap()), (7, vec![3, 6, 7]));
}

#[test]
fn every_method_is_offered_by_name_and_the_wrong_one_is_refused() {
    let problem = sparse();
    for choice in ["posterior", "sda", "mmps", "mmps:iterations=3", "tmpd", "dps"] {
        let drawn = sampling(choice, 1).draw(&problem, Watch::NONE).unwrap();
        assert_eq!(drawn.len(), 1, "{choice}");
    }
    let refused = |text: &str| text.parse::<Choice>().unwrap_err().to_string();
    assert!(refused("magic").contains("found `magic`, expected posterior or one of sda"));
    assert!(refused("mmps:steps=3").contains("method mmps: found `steps`"));
}

#[test]
fn more_numbers_than_can_be_written_out_are_refused() {
    let readings = vec![at(0.0, 0.5, 0.5, [1.0; 2], 0.1); 2049];
    let prior = prior(true);
    let path = Path::new("obs.csv");
    let placed =
        equipoise_reconstruction::place(&prior, path, &readings, &crate::flow::rule(TimeRule::Nearest));
    let error = Problem::new(prior, path, placed.unwrap(), TimeRule::Nearest).err().unwrap();
    assert!(matches!(error, ReconstructionError::TooMany { found: 4098, limit: 4096, .. }), "{error}");
}

/// 40 readings of one number have the posterior of their mean, χ or no χ.
#[test]
fn repeated_readings_are_one_better_reading() {
    let many: Vec<_> = (0..40).map(|k| at(0.0, 2.5, 6.5, [1.0 + 0.1 * (k % 2) as f64; 2], 0.4)).collect();
    let one = vec![at(0.0, 2.5, 6.5, [1.05; 2], 0.4 / 40f64.sqrt())];
    let mean = |readings: &[_]| {
        let problem = problem(prior(true), readings, TimeRule::Nearest);
        let misfit = Misfit::of(&problem).unwrap();
        assert_eq!(misfit.sensors.len(), 1);
        problem.closed().unwrap().posterior.mean(problem.observation().values()).unwrap()
    };
    let (a, b) = (mean(&many), mean(&one));
    // f32 fields, readings rounded to f32 once each.
    assert!(sum::squared_distance(&a, &b).sqrt() < 1e3 * f64::from(f32::EPSILON) * sum::norm(&b));
}
