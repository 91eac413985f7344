//! The smoother against that of statsmodels: tests/golden/markov.

use crate::{Chain, Markov, Number};
use equipoise_covariance::Spectrum;
use equipoise_field::{Boundary, Shape};
use equipoise_observation::{NoiseVariance, Observed};
use equipoise_operator::{LinearOperator, Mask, Sensor, Sensors, TimeRule};
use ndarray::Array2;
use num_complex::Complex64;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("../../../../tests/golden/markov/smoother.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn square<S: Number>(numbers: Vec<S>) -> Array2<S> {
    let d = numbers.len().isqrt();
    Array2::from_shape_vec((d, d), numbers).unwrap()
}

fn shape(case: &Value) -> Shape {
    let n = numbers(&case["shape"]);
    Shape::new(n[0] as usize, n[1] as usize, n[2] as usize, n[3] as usize)
}

/// The answers have twelve digits.
fn agrees(
    case: &Value,
    markov: &Markov,
    operator: impl LinearOperator<f64> + 'static,
    y: Vec<f64>,
    noise: NoiseVariance,
) {
    let observed = Observed::new(y, operator, noise).unwrap();
    let posterior = markov.posterior(shape(case).frames, &observed).unwrap();
    let found = posterior.moments().unwrap();
    for (found, name) in [(&found.mean, "posterior_mean"), (&found.variance, "posterior_variance")] {
        let expected = numbers(&case[name]);
        assert_eq!(found.len(), expected.len());
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!(
                (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                "{name} {i}: {found} {expected}"
            );
        }
    }
    let (found, expected) = (posterior.log_evidence().unwrap().value, case["log_evidence"].as_f64().unwrap());
    assert!((found - expected).abs() < 1e-9 * expected.abs(), "log-evidence {found} {expected}");
}

/// Sensors at whole frames or between them, whose places and noises change; frames without a reading.
#[test]
fn modes_agree_with_statsmodels() {
    for name in ["between", "white"] {
        let (all, case) = (golden(), &golden()[name]);
        assert!(all["versions"]["statsmodels"].is_string());
        let chain = Chain::new(square(numbers(&case["c0"])), square(numbers(&case["k"]))).unwrap();
        let (mean, modes) = (numbers(&case["mean"]), numbers(&case["modes"]));
        let markov =
            Markov::modes(shape(case), mean, &modes, chain, case["white"].as_f64().unwrap()).unwrap();
        let rows: Vec<Vec<f64>> = case["sensors"].as_array().unwrap().iter().map(numbers).collect();
        let sensors: Vec<Sensor> = rows
            .iter()
            .map(|s| Sensor { frame: s[0], channel: s[1] as usize, row: s[2], column: s[3] })
            .collect();
        let sensors = Sensors::new(shape(case), Boundary::Open, TimeRule::Linear, &sensors).unwrap();
        let noise = NoiseVariance::PerObservation(rows.iter().map(|s| s[5]).collect());
        agrees(case, &markov, sensors, rows.iter().map(|s| s[4]).collect(), noise);
    }
}

/// A lattice at some frames; the other smoother has whole frames for its state.
#[test]
fn wavenumbers_agree_with_statsmodels() {
    let all = golden();
    let case = &all["waves"];
    let shape = shape(case);
    let spectrum = Spectrum::<f64>::new(shape.height, shape.width);
    let matrix = |name: &str, k: usize| {
        let (h, w) = spectrum.wavenumber(k);
        let entries = case[name][h * shape.width + w].as_array().unwrap().iter().map(numbers);
        square(entries.map(|z| Complex64::new(z[0], z[1])).collect())
    };
    let chains =
        (0..spectrum.wavenumbers()).map(|k| Chain::new(matrix("c0", k), matrix("k", k)).unwrap()).collect();
    let markov = Markov::wavenumbers(shape, numbers(&case["mean"]), chains).unwrap();
    let stride = case["stride"].as_u64().unwrap() as usize;
    let (mut y, mut indices) = (Vec::new(), Vec::new());
    for (t, readings) in case["readings"].as_array().unwrap().iter().map(numbers).enumerate() {
        let on = |i: &usize| {
            [i / shape.width % shape.height, i % shape.width].iter().all(|at| at.is_multiple_of(stride))
        };
        if !readings.is_empty() {
            indices.extend((t * shape.frame()..(t + 1) * shape.frame()).filter(on));
        }
        y.extend(readings);
    }
    let noise = NoiseVariance::Uniform(case["noise"].as_f64().unwrap());
    agrees(case, &markov, Mask::new(shape.len(), indices).unwrap(), y, noise);
}
