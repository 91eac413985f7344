//! Small flows with priors, and readings of them.

use equipoise_data::sensors::{Measured, Reading};
use equipoise_data::store::{Existing, Writer};
use equipoise_data::{LoadOptions, load};
use equipoise_field::{Real, Shape};
use equipoise_operator::TimeRule;
use equipoise_prior::{Model, Prior, Settings};
use equipoise_reconstruction::{Outside, PlacingRule, Problem, place};
use equipoise_stream::Stream;
use std::path::Path;

/// (T, C, H, W) of a window.
pub(crate) const SHAPE: Shape = Shape::new(3, 2, 8, 12);

/// Time of the first frame in the tests.
pub(crate) const START: f64 = 10.0;

/// A file of travelling waves with everything that attributes can say, and its prior: H = y, W = x,
/// x from −1 in steps of 0.25, y from 2 in steps of 0.5, frames 0.2 apart; borders open, with a
/// cylinder of radius 1.5 cells around row 4, column 3, or periodic.
pub(crate) fn prior(periodic: bool) -> Prior {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.h5");
    let writer = Writer::create(&path, Existing::Refuse).unwrap();
    let (trajectories, frames) = (5, 12);
    let series = Shape { frames, ..SHAPE };
    let values: Vec<f32> = (0..trajectories).flat_map(|n| waves(n, series)).collect();
    writer.write("x", &[trajectories as usize, frames, 2, SHAPE.height, SHAPE.width], &values).unwrap();
    writer.set_text("axes", "NTCHW").unwrap();
    writer.set_text("kind", if periodic { "generic" } else { "ibpm" }).unwrap();
    writer.set_text("boundary", if periodic { "periodic" } else { "open" }).unwrap();
    for (name, number) in [("dx", 0.25), ("dy", 0.5), ("x_first", -1.0), ("y_first", 2.0), ("dt", 0.2)] {
        writer.set_numbers(name, &[number]).unwrap();
    }
    if !periodic {
        writer.set_numbers("cylinder_center_px", &[4.0, 3.0]).unwrap();
        writer.set_numbers("cylinder_radius_px", &[1.5]).unwrap();
    }
    writer.finish().unwrap();
    let data = load(&path, &LoadOptions::default()).unwrap();
    let defaults = Settings::of(data.kind(), data.grid());
    let model = if periodic { Model::Stationary } else { Model::LowRank { rank: Some(12) } };
    Prior::fit(&data, &Settings { window: SHAPE.frames, model, ridge: 1e-3, ..defaults }).unwrap()
}

/// Three waves with random amplitudes that travel along W, about a mean of (1.5, −0.5).
fn waves(n: u64, series: Shape) -> Vec<f32> {
    let a: Vec<f64> = Stream::new("waves").number(n).normal(0, 12);
    (0..series.len())
        .map(|i| {
            let (t, c, h, w) = series.position(i);
            let turn = |k: f64, l: f64, s: f64| {
                let phase = k * w as f64 / 12.0 + l * h as f64 / 8.0 - s * t as f64 / 12.0;
                std::f64::consts::TAU * phase
            };
            let sum: f64 = [(1.0, 0.0, 1.0), (1.0, 1.0, 1.5), (2.0, 1.0, 0.7)]
                .iter()
                .enumerate()
                .map(|(m, &(k, l, s))| {
                    let (x, y) = (a[4 * m + 2 * c], a[4 * m + 2 * c + 1]);
                    x * turn(k, l, s).sin() + y * turn(k, l, s).cos()
                })
                .sum();
            f32::narrow(if c == 0 { 1.5 } else { -0.5 } + sum)
        })
        .collect()
}

pub(crate) fn rule(times: TimeRule) -> PlacingRule {
    PlacingRule { frames: SHAPE.frames, start: START, times, outside: Outside::Refuse }
}

/// A reading of both components at row h, column w and frame t of the grid.
pub(crate) fn at(t: f64, h: f64, w: f64, values: [f64; 2], noise: f64) -> Reading {
    let measured = |value| Some(Measured { value, noise });
    Reading {
        row: 1,
        time: START + 0.2 * t,
        x: -1.0 + 0.25 * w,
        y: 2.0 + 0.5 * h,
        components: [measured(values[0]), measured(values[1]), None, None],
    }
}

/// Places in the fluid, by a low-discrepancy rule.
pub(crate) fn scattered(count: usize) -> Vec<(f64, f64)> {
    let places = (1..).map(|k| {
        let part = |step: f64, last: usize| (f64::from(k) * step).fract() * last as f64;
        (part(0.754_877_67, SHAPE.height - 1), part(0.569_840_29, SHAPE.width - 1))
    });
    places.filter(|(h, w)| (h - 4.0f64).hypot(w - 3.0) > 1.6).take(count).collect()
}

pub(crate) fn problem(prior: Prior, readings: &[Reading], times: TimeRule) -> Problem {
    let path = Path::new("obs.csv");
    let placed = place(&prior, path, readings, &rule(times)).unwrap();
    Problem::new(prior, path, placed, times).unwrap()
}
