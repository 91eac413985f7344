//! Readings that repeat each other, and readings that say nothing.

use crate::flow::{at, prior, problem, rule};
use equipoise_data::sensors::Reading;
use equipoise_experiment::Setup;
use equipoise_operator::TimeRule;
use equipoise_reconstruction::{Choice, Ensemble, Misfit, Problem, Sampling, place};
use equipoise_sampler::SamplerName;
use equipoise_schedule::Spacing;
use equipoise_solver::Watch;
use std::path::Path;

/// Readings in rows 2, 3, … of a table.
fn numbered(readings: impl IntoIterator<Item = Reading>) -> Vec<Reading> {
    (2..).zip(readings).map(|(row, reading)| Reading { row, ..reading }).collect()
}

fn refused(readings: &[Reading]) -> Option<String> {
    let (prior, path) = (prior(true), Path::new("obs.csv"));
    let placed = place(&prior, path, readings, &rule(TimeRule::Nearest)).unwrap();
    Problem::new(prior, path, placed, TimeRule::Nearest).err().map(|error| error.to_string())
}

#[test]
fn noise_that_rounding_takes_is_refused_by_row() {
    let repeated = |noise: f64| {
        let mut readings = vec![at(0.0, 5.0, 1.0, [0.2, 0.1], 0.1)];
        readings.extend([at(1.0, 2.3, 4.0, [1.0, 0.3], noise); 2]);
        refused(&numbered(readings))
    };
    assert_eq!(repeated(1e-2), None);
    let told = repeated(1e-4).unwrap();
    assert_eq!(
        told,
        "obs.csv: rows 3 and 4, component u, are at one place and time, with noise 0.0001 and 0.0001: too \
         small to tell them apart beside the spread of the prior; state a larger noise, or leave one out"
    );
    // One of them with noise to speak of is enough.
    let mut readings = numbered([at(1.0, 2.3, 4.0, [1.0, 0.3], 1e-4); 2]);
    readings[1].components.iter_mut().flatten().for_each(|measured| measured.noise = 0.1);
    assert_eq!(refused(&readings), None);
    // Places that differ by less than rounding: LAPACK finds it, and the nearest rows are named.
    let near = numbered([
        at(0.0, 5.0, 1.0, [0.2, 0.1], 0.1),
        at(1.0, 2.3, 4.0, [1.0, 0.3], 1e-12),
        at(1.0, 2.3, 4.0 + 1e-12, [1.0, 0.3], 1e-12),
        at(1.0, 2.3, 4.0 + 2e-12, [1.0, 0.3], 1e-12),
    ]);
    let told = refused(&near).unwrap();
    assert!(told.contains("component u") && told.contains("grid steps and frames apart"), "{told}");
}

/// Noise far above the prior's spread leaves the prior, and no word against the method.
#[test]
fn readings_without_a_word_blame_no_method() {
    let sampling = Sampling {
        choice: Choice::Posterior,
        members: 128,
        seed: 0,
        setup: Setup {
            schedule: "cos".parse().unwrap(),
            eta: 0.01,
            sampler: SamplerName::Exponential,
            spacing: Spacing::Uniform,
            steps: 1,
            corrections: 0,
            tau: Setup::TAU,
        },
    };
    for noise in [0.1, 1e3, 1e9, 1e30] {
        let problem =
            problem(prior(true), &numbered([at(1.0, 2.3, 4.0, [1.0, 0.3], noise)]), TimeRule::Nearest);
        let drawn = sampling.draw(&problem, Watch::NONE).unwrap();
        let ensemble = Ensemble::of(&problem, &sampling.choice, drawn).unwrap();
        let exact = Misfit::of(&problem).unwrap().exact_members;
        assert_eq!(ensemble.warning(exact), None, "{noise}");
    }
}
