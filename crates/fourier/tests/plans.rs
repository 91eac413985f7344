//! The plans against the defining sums: beside the library, whose code is then compiled once.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use equipoise_field::Real;
use equipoise_fourier::{forward, planes};
use rustfft::num_complex::Complex;
use std::f64::consts::TAU;

/// Σ_n v_n e^{∓2πi kn/N} for every k.
fn defined(v: &[Complex<f64>], sign: f64) -> Vec<Complex<f64>> {
    let n = v.len() as f64;
    let term =
        |k: usize, j: usize| Complex::from_polar(1.0, sign * TAU * (k * j % v.len()) as f64 / n) * v[j];
    (0..v.len()).map(|k| (0..v.len()).map(|j| term(k, j)).sum()).collect()
}

fn near<R: Real>(found: &[Complex<R>], expected: &[Complex<f64>], length: usize) {
    let bound = 32.0 * R::epsilon().wide() * length as f64;
    for (found, expected) in found.iter().zip(expected) {
        let error = (found.re.wide() - expected.re).hypot(found.im.wide() - expected.im);
        assert!(error <= bound, "{} of length {length}: {error}", R::NAME);
    }
}

/// Primes, powers of two and products of both: every kind of algorithm.
fn sums<R: Real>() {
    for length in [1, 2, 7, 12, 31, 64, 97, 120, 1024] {
        let values: Vec<f64> = (0..length).map(|i| f64::from((i as f32 * 0.7).sin())).collect::<Vec<_>>();
        let wide: Vec<Complex<f64>> = values.iter().map(|v| Complex::new(*v, 0.0)).collect();
        let plans = planes::<R>(length, length);
        let mut real: Vec<R> = values.iter().map(|v| R::narrow(*v)).collect();
        let mut half = plans.row.make_output_vec();
        plans.row.process(&mut real, &mut half).unwrap();
        near(&half, &defined(&wide, -1.0), length);
        for (plan, sign) in [(&plans.column, -1.0), (&plans.column_back, 1.0)] {
            let mut all: Vec<Complex<R>> =
                values.iter().map(|v| Complex::new(R::narrow(*v), R::zero())).collect();
            plan.process(&mut all);
            near(&all, &defined(&wide, sign), length);
        }
        plans.row_back.process(&mut half, &mut real).unwrap();
        for (back, v) in real.iter().zip(&values) {
            let error = (back.wide() / length as f64 - v).abs();
            assert!(error <= 32.0 * R::epsilon().wide(), "{} of length {length}: {error}", R::NAME);
        }
    }
}

#[test]
fn plans_are_the_defining_sums() {
    sums::<f32>();
    sums::<f64>();
}

#[test]
fn both_lengths_are_transformed() {
    let v: Vec<Complex<f64>> = (0..15).map(|i| Complex::new(f64::from(i).cos(), f64::from(i))).collect();
    for (plan, length) in forward([5, 15]).iter().zip([5, 15]) {
        let mut found = v[..length].to_vec();
        plan.process(&mut found);
        near(&found, &defined(&v[..length], -1.0), 15 * length);
    }
}
