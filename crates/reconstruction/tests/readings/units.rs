//! Physical and normalised units, and what lies between grid points.

use crate::flow::{SHAPE, START, at, prior, problem, scattered};
use equipoise_field::Real;
use equipoise_operator::TimeRule;

/// A field that is linear in x, y and t is read exactly wherever the sensors stand, in physical units.
#[test]
fn a_linear_field_is_read_exactly_between_grid_points_and_frames() {
    let value = |c: f64, t: f64, x: f64, y: f64| 0.5 + c + 2.0 * (t - START) - 0.3 * x + (1.0 - c) * 0.7 * y;
    let places = scattered(20);
    let readings: Vec<_> = places
        .iter()
        .enumerate()
        .map(|(k, &(h, w))| at(2.0 * k as f64 / 19.0, h, w, [0.0; 2], 0.1))
        .collect();
    for periodic in [false, true] {
        let problem = problem(prior(periodic), &readings, TimeRule::Linear);
        let mut field: Vec<f32> = (0..SHAPE.len())
            .map(|i| {
                let (t, c, h, w) = SHAPE.position(i);
                let (x, y) = (-1.0 + 0.25 * w as f64, 2.0 + 0.5 * h as f64);
                f32::narrow(value(c as f64, START + 0.2 * t as f64, x, y))
            })
            .collect();
        problem.prior.normalizer().normalise(SHAPE, &mut field).unwrap();
        for (read, entry) in problem.read(&field).iter().zip(&problem.placed.entries) {
            let c = entry.sensor.channel as f64;
            let expected = value(c, entry.time, entry.x, entry.y);
            // Values of the field and their weighted sum are rounded to f32 four times, below 10.
            assert!((read - expected).abs() < 4.0 * 10.0 * f64::from(f32::EPSILON), "{read} {expected}");
        }
    }
}

/// Physical → normalised → physical, numbers and noise.
#[test]
fn readings_come_back_from_normalised_units() {
    let readings: Vec<_> = scattered(15)
        .iter()
        .enumerate()
        .map(|(k, &(h, w))| at(0.0, h, w, [1.0 + 0.1 * k as f64, -0.7], 0.01 * (k + 1) as f64))
        .collect();
    for periodic in [false, true] {
        let problem = problem(prior(periodic), &readings, TimeRule::Nearest);
        let scale = problem.prior.normalizer().scale().to_vec();
        for (i, entry) in problem.placed.entries.iter().enumerate() {
            let c = entry.sensor.channel;
            let value = problem.offset[i] + scale[c] * problem.observation().values()[i].wide();
            // One rounding to f32 of a normalised number below 10.
            let bound = 10.0 * scale[c] * f64::from(f32::EPSILON);
            assert!((value - entry.measured.value).abs() < bound, "{value} {entry:?}");
            let noise = problem.observation().noise().at(i).sqrt() * scale[c];
            assert!((noise / entry.measured.noise - 1.0).abs() < 4.0 * f64::EPSILON, "{noise}");
        }
    }
}
