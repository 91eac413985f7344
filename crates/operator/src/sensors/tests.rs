//! Point sensors: exactness on multilinear fields, adjoint, refusals.

use super::*;
use crate::conformance::check_linear;
use proptest::prelude::*;

const SHAPE: Shape = Shape::new(3, 2, 5, 7);

fn at(frame: f64, channel: usize, row: f64, column: f64) -> Sensor {
    Sensor { frame, channel, row, column }
}

fn read(boundary: Boundary, time: TimeRule, sensor: Sensor, x: &[f64]) -> f64 {
    let mut y = [f64::NAN];
    Sensors::new(SHAPE, boundary, time, &[sensor]).unwrap().apply(x, &mut y);
    y[0]
}

fn sensor() -> impl Strategy<Value = Sensor> {
    (0.0..=2.0f64, 0usize..2, 0.0..=4.0f64, 0.0..=6.0f64).prop_map(|(t, c, h, w)| at(t, c, h, w))
}

proptest! {
    #[test]
    fn multilinear_fields_are_read_exactly(s in sensor()) {
        let f = |t: f64, c: f64, h: f64, w: f64| (1.0 + c) * (2.0 - t) + h * w * (0.5 + t) - 3.0 * w;
        let x: Vec<f64> = (0..SHAPE.len())
            .map(|i| {
                let (t, c, h, w) = SHAPE.position(i);
                f(t as f64, c as f64, h as f64, w as f64)
            })
            .collect();
        let found = read(Boundary::Open, TimeRule::Linear, s, &x);
        // Sixteen roundings of weighted values that stay below 100.
        let tolerance = 16.0 * f64::EPSILON * 100.0;
        prop_assert!((found - f(s.frame, s.channel as f64, s.row, s.column)).abs() <= tolerance);
    }

    #[test]
    fn conforms(sensors in prop::collection::vec(sensor(), 0..40)) {
        for (boundary, time) in [(Boundary::Open, TimeRule::Linear), (Boundary::Periodic, TimeRule::Nearest)] {
            let operator = Sensors::new(SHAPE, boundary, time, &sensors).unwrap();
            // Eight weighted neighbours one way, at most eight from each sensor the other way.
            let roundings = 8 * (1 + sensors.len());
            check_linear::<f32>(&operator, roundings);
            check_linear::<f64>(&operator, roundings);
        }
    }
}

#[test]
fn sensors_on_grid_points_read_the_point() {
    let x: Vec<f64> = (0..SHAPE.len()).map(|i| i as f64).collect();
    for (t, c, h, w) in [(0, 0, 0, 0), (2, 1, 4, 6), (1, 0, 3, 2)] {
        let s = at(t as f64, c, h as f64, w as f64);
        let found = read(Boundary::Open, TimeRule::Linear, s, &x);
        assert_eq!(found.to_bits(), (SHAPE.index(t, c, h, w) as f64).to_bits());
    }
}

#[test]
fn periodic_borders_interpolate_across_the_wrap() {
    let x: Vec<f64> = (0..SHAPE.len()).map(|i| (i % 7) as f64).collect();
    let found = read(Boundary::Periodic, TimeRule::Linear, at(0.0, 0, 4.5, 6.25), &x);
    assert_eq!(found.to_bits(), 4.5f64.to_bits());
}

#[test]
fn nearest_frame_takes_the_later_one_from_halfway() {
    let x: Vec<f64> = (0..SHAPE.len()).map(|i| SHAPE.position(i).0 as f64).collect();
    let frames =
        [0.49, 0.5, 1.4, 2.0].map(|t| read(Boundary::Open, TimeRule::Nearest, at(t, 0, 1.0, 1.0), &x));
    assert_eq!(frames.to_vec(), [0.0, 1.0, 1.0, 2.0]);
}

#[test]
fn sensors_outside_are_named() {
    let inside = at(0.0, 0, 0.0, 0.0);
    let message = |boundary, sensor| {
        let error = Sensors::new(SHAPE, boundary, TimeRule::Linear, &[inside, sensor]).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        message(Boundary::Open, at(0.0, 0, 4.5, 0.0)),
        "sensor 1, `row`: found 4.5, expected 0 or more and at most 4"
    );
    assert_eq!(
        message(Boundary::Periodic, at(0.0, 0, 0.0, 7.0)),
        "sensor 1, `column`: found 7, expected 0 or more and below 7"
    );
    assert_eq!(
        message(Boundary::Open, at(f64::NAN, 0, 0.0, 0.0)),
        "sensor 1, `frame`: found NaN, expected 0 or more and at most 2"
    );
    assert_eq!(
        message(Boundary::Open, at(0.0, 2, 0.0, 0.0)),
        "sensor 1, `channel`: found 2, expected 0 or more and below 2"
    );
}
