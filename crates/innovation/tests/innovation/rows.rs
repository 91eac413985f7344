//! Scattered sensors: S written out against S as an operator, and against the lattice.

#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Covariance, fit_low_rank, fit_stationary};
use equipoise_field::{Boundary, Shape, sum};
use equipoise_innovation::{DENSE_LIMIT, Method, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_operator::{LinearOperator, Sensor, Sensors, Subsample, TimeRule};
use equipoise_stream::Stream;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(2, 2, 6, 8);

fn priors() -> [Arc<dyn Covariance<f64>>; 2] {
    let data: Vec<Vec<f64>> =
        (0..6).map(|s| Stream::new("snapshot").number(s).normal(0, SHAPE.len())).collect();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    let stationary = fit_stationary(SHAPE, &views, 0.01).unwrap().1;
    [Arc::new(fit_low_rank(&views, 4, 0.02).unwrap().covariance), Arc::new(stationary)]
}

/// Places by a low-discrepancy rule, the last one read twice.
fn scattered(count: usize) -> Sensors {
    let part = |i: usize, step: f64, length: usize| (i as f64 * step).fract() * length as f64;
    let at = |i: usize| Sensor {
        frame: (i as f64 * 0.414).fract(),
        channel: i % 2,
        row: part(i, 0.618, SHAPE.height),
        column: part(i, 0.732, SHAPE.width),
    };
    let sensors: Vec<Sensor> = (0..count).map(|i| at(i.min(count - 2))).collect();
    Sensors::new(SHAPE, Boundary::Periodic, TimeRule::Linear, &sensors).unwrap()
}

fn each_noise(count: usize) -> NoiseVariance {
    NoiseVariance::PerObservation((0..count).map(|i| 0.02 * (1.0 + i as f64)).collect())
}

/// S through the field space, which knows nothing of rows, gives back what was solved; S⁻¹ agrees
/// with it.
#[test]
fn the_written_matrix_is_the_operator() {
    for covariance in priors() {
        let n = 24;
        let prior = ObservedPrior::new(covariance, Arc::new(scattered(n)), each_noise(n)).unwrap();
        assert_eq!(prior.method(), Method::Dense);
        let f = |l: f64| l / (1.0 + 0.3 * l);
        let innovation = prior.innovation(&f).unwrap();
        let r: Vec<f64> = Stream::new("r").normal(0, n);
        let mut z = vec![f64::NAN; n];
        assert_eq!(innovation.solve(&r, &mut z).unwrap().residual, None);
        // A few hundred roundings through a matrix of condition below 1e3.
        let residual = innovation.residual(&r, &z).unwrap();
        assert!(residual < 1e-12, "{residual:e}");
        let inverse = innovation.inverse().unwrap().unwrap();
        for i in 0..n {
            let row: Vec<f64> = inverse.row(i).to_vec();
            assert!((sum::dot(&row, &r) - z[i]).abs() < 1e-12 * sum::norm(&r) / 0.02, "{i}");
        }
    }
}

/// Sensors on the points of a lattice solve as the lattice does, by Woodbury and by alias blocks.
#[test]
fn sensors_on_a_lattice_are_the_lattice() {
    let lattice = Subsample::new(SHAPE, 2).unwrap();
    let observed = lattice.observed();
    let place = |i: usize| {
        let (t, channel, a, b) = observed.position(i);
        Sensor { frame: t as f64, channel, row: 2.0 * a as f64, column: 2.0 * b as f64 }
    };
    let sensors: Vec<Sensor> = (0..observed.len()).map(place).collect();
    let sensors = Sensors::new(SHAPE, Boundary::Periodic, TimeRule::Nearest, &sensors).unwrap();
    let n = observed.len();
    for (covariance, method) in priors().into_iter().zip([Method::Modes, Method::Lattice]) {
        let r: Vec<f64> = Stream::new("r").normal(0, n);
        let solve = |operator: Arc<dyn LinearOperator<f64>>, expected| {
            let noise = NoiseVariance::Uniform(0.04);
            let prior = ObservedPrior::new(Arc::clone(&covariance), operator, noise).unwrap();
            assert_eq!(prior.method(), expected);
            let mut z = vec![f64::NAN; n];
            let mut c = vec![f64::NAN; prior.coefficients()];
            let innovation = prior.innovation(&|l| l).unwrap();
            let _ = innovation.solve_with_coefficients(&r, &mut z, &mut c).unwrap();
            (z, c)
        };
        let (z, c) = solve(Arc::new(lattice), method);
        let (w, d) = solve(Arc::new(sensors.clone()), Method::Dense);
        // Both to a few hundred roundings through matrices of condition below 1e3.
        assert!(sum::squared_distance(&z, &w).sqrt() < 1e-12 * sum::norm(&z));
        assert!(sum::squared_distance(&c, &d).sqrt() < 1e-12 * sum::norm(&z));
    }
}

#[test]
fn past_the_limit_s_is_not_written_out() {
    let n = DENSE_LIMIT + 1;
    let prior = ObservedPrior::new(priors()[0].clone(), Arc::new(scattered(n)), each_noise(n)).unwrap();
    assert_eq!(prior.method(), Method::Iterative);
    assert!(prior.innovation(&|l| l).unwrap().inverse().unwrap().is_none());
}
