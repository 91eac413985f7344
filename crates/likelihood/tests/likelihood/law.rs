//! The Gaussian law: density, gradient and scale of the reduction.

use equipoise_field::Shape;
use equipoise_likelihood::{Backend, Cpu, Gradient, Observation, Statistics, Variance};
use equipoise_operator::Subsample;

fn evaluate(x: &[f64], y: &[f64], variance: Variance<'_, f64>) -> (Statistics, Vec<f64>) {
    let (mut r, mut w) = (vec![f64::NAN; y.len()], vec![f64::NAN; y.len()]);
    let found =
        Cpu.compact(x, Observation { values: y, variance }, Some(&mut r), &mut w).expect("lengths that fit");
    (found, w)
}

#[test]
fn log_likelihood_is_the_sum_of_normal_log_densities() {
    let y = [0.3, -1.2, 2.5, 0.0, 0.7];
    let x = [0.1, -1.0, 2.0, 0.4, -0.3];
    let v = [0.01, 0.5, 4.0, 1.0, 0.09];
    let density = |i: usize, v: f64| {
        let z = (y[i] - x[i]) / v.sqrt();
        (-0.5 * z * z).exp() / (v.sqrt() * std::f64::consts::TAU.sqrt())
    };
    let each: f64 = (0..5).map(|i| density(i, v[i]).ln()).sum();
    let same: f64 = (0..5).map(|i| density(i, 0.3).ln()).sum();
    // Twenty roundings of numbers below 20.
    let tolerance = 20.0 * f64::EPSILON * 20.0;
    let found = evaluate(&x, &y, Variance::PerObservation(&v)).0.log_likelihood();
    assert!((found - each).abs() <= tolerance, "{found} {each}");
    let found = evaluate(&x, &y, Variance::Scalar(0.3)).0.log_likelihood();
    assert!((found - same).abs() <= tolerance, "{found} {same}");
}

#[test]
fn three_kinds_of_one_variance_are_one_likelihood() {
    let n = 2 * 3 * 500;
    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 0.37).sin()).collect();
    let y: Vec<f64> = (0..n).map(|i| (i as f64 * 0.11).cos()).collect();
    let v = 0.073;
    let (scalar, w) = evaluate(&x, &y, Variance::Scalar(v));
    let channels = [v; 3];
    for variance in
        [Variance::PerChannel { values: &channels, plane: 500 }, Variance::PerObservation(&vec![v; n])]
    {
        let (found, weighted) = evaluate(&x, &y, variance);
        assert_eq!(found.quadratic.to_bits(), scalar.quadratic.to_bits());
        assert_eq!(weighted, w);
        let off = (found.log_variance - scalar.log_variance).abs();
        assert!(off <= n as f64 * f64::EPSILON * (scalar.log_variance.abs() + 1.0));
    }
}

#[test]
fn gradient_is_the_derivative_of_the_log_likelihood() {
    let lattice = Subsample::new(Shape::new(2, 2, 5, 7), 3).unwrap();
    let (size, count) = (lattice.shape().len(), lattice.count());
    let x: Vec<f64> = (0..size).map(|i| (i as f64 * 0.83).sin()).collect();
    let y: Vec<f64> = (0..count).map(|i| (i as f64 * 0.29).cos()).collect();
    let v: Vec<f64> = (0..count).map(|i| 0.2 + (i % 5) as f64).collect();
    let observation = Observation { values: &y, variance: Variance::PerObservation(&v) };
    let mut residual = vec![0.0; count];
    let mut gradient = vec![f64::NAN; size];
    let mut value = |x: &[f64], out: &mut [f64]| {
        let gradient = Gradient::Field(out);
        Cpu.strided(x, lattice, observation, Some(&mut residual), gradient).unwrap().log_likelihood()
    };
    let at = value(&x, &mut gradient);
    let mut scratch = vec![0.0; size];
    // The log-likelihood is quadratic: the central difference has no truncation error at any step,
    // only the rounding of two values of its size, each a sum of fewer than 64 terms.
    let step = 0.5;
    let tolerance = 64.0 * f64::EPSILON * at.abs().max(100.0) / step;
    for i in 0..size {
        let mut moved = x.clone();
        moved[i] = x[i] + step;
        let up = value(&moved, &mut scratch);
        moved[i] = x[i] - step;
        let down = value(&moved, &mut scratch);
        let difference = (up - down) / (2.0 * step);
        assert!((difference - gradient[i]).abs() <= tolerance, "{i}: {difference} {}", gradient[i]);
    }
}

#[test]
fn squares_of_huge_f32_residuals_stay_finite() {
    let y = [1e30f32; 4];
    let observation = Observation { values: &y, variance: Variance::Scalar(1e60) };
    let (mut r, mut w) = ([0.0; 4], [0.0; 4]);
    let found = Cpu.compact(&[0.0; 4], observation, Some(&mut r), &mut w).unwrap();
    let exact = f64::from(1e30f32) / 1e30;
    assert!((found.quadratic - 4.0 * exact * exact).abs() <= 16.0 * f64::EPSILON);
    assert!((found.misfit() - exact).abs() <= 16.0 * f64::EPSILON);
    assert_eq!(found.non_finite, 0);
}
