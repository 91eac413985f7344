//! The table of methods: what is written of it is what it holds, and every entry runs.

use super::{STEPS, bits, inference, member, strength};
use equipoise_sampler::{Run, Sampler, SamplerError};
use equipoise_schedule::uniform_grid;
use equipoise_solver::{Method, Recipe};
use std::sync::Arc;

#[test]
fn every_method_runs_and_is_as_published_by_default() {
    let (on, law) = (inference(), strength(super::NOISE));
    for method in Method::all() {
        let parameters = method.spec().parameters.iter();
        let published =
            parameters.fold(Recipe::from(method), |r, p| r.with(p.name, p.published.number()).unwrap());
        let end = |recipe: &Recipe| {
            let sampler = on.bind(recipe, Some(&law)).unwrap();
            assert_eq!(sampler.is_point_estimate(), method.is_point_estimate(), "{method}");
            sampler.sample(&member(1)).unwrap()
        };
        let (default, again) = (end(&method.into()), end(&published));
        assert!(default.is_finished(), "{method}");
        assert_eq!(default, again, "{method}");
    }
}

/// The table that people read names every method and no other, in order.
#[test]
fn the_written_table_is_the_table() {
    let text = include_str!("../../src/lib.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let written: Vec<String> = rows.map(|row| row.trim_end_matches(" |").replace('`', "")).collect();
    let of = |method: Method| {
        let spec = method.spec();
        let named: Vec<&str> = spec.parameters.iter().map(|p| p.name).collect();
        let needs = format!("{}{}", spec.needs.words(), if spec.linear { ", linear A" } else { "" });
        format!("{} | {} | {} | {} | {}", spec.name, spec.about, named.join(", "), needs, spec.source)
    };
    let expected: Vec<String> = Method::all().map(of).collect();
    let table: Vec<String> = expected
        .iter()
        .map(|row| {
            let (name, rest) = row.split_once(" | ").unwrap();
            format!("//! | `{name}` | {rest} |")
        })
        .collect();
    assert_eq!(written, expected, "write\n{}", table.join("\n"));
}

/// A sampler of one's own, which takes each step in two by way of a time that it chooses there and then.
struct Wandering {
    grid: Vec<f64>,
    named: Vec<f64>,
}

/// A time between two, which no grid holds.
fn between(t: f64, next: f64) -> f64 {
    0.37 * t + 0.63 * next
}

impl Sampler<f64> for Wandering {
    fn grid(&self) -> &[f64] {
        &self.grid
    }
    fn evaluated(&self) -> &[f64] {
        &self.named
    }
    fn step(&self, run: &mut Run<'_, f64>, _: usize, t: f64, next: f64) -> Result<(), SamplerError> {
        let halfway = between(t, next);
        let (now, then) = (run.evaluate(t)?, run.level(halfway));
        run.advance(now, then);
        let (now, then) = (run.evaluate(halfway)?, run.level(next));
        run.advance(now, then);
        Ok(())
    }
}

/// What is prepared by level is made when a level is met that no grid names, with the same bits.
#[test]
fn guidances_run_at_times_that_no_grid_names() {
    let grid = uniform_grid(STEPS).unwrap();
    let all = grid.windows(2).flat_map(|times| [times[0], between(times[0], times[1])]).collect();
    let (mut on, law) = (inference(), strength(super::NOISE));
    for method in Method::all().filter(|method| !method.owns_loop()) {
        let mut end = |named: &Vec<f64>| {
            on.sampler = Arc::new(Wandering { grid: grid.clone(), named: named.clone() });
            let outcome = on.bind(&method.into(), Some(&law)).unwrap().sample(&member(0)).unwrap();
            assert!(outcome.is_finished(), "{method}");
            assert_eq!(outcome.trace().evaluations, 2 * STEPS);
            bits(outcome.x())
        };
        assert_eq!(end(&Vec::new()), end(&all), "{method}");
    }
}
