//! Every method against the dense matrix S = diag(s²) + A f(Σ) Aᵀ.

#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Covariance, Modes, Stationary, fit_low_rank, fit_stationary};
use equipoise_field::{Shape, sum};
use equipoise_innovation::{Method, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_operator::{LinearOperator, Subsample};
use equipoise_stream::Stream;
use std::sync::Arc;

fn snapshots(shape: Shape, n: usize) -> Vec<Vec<f64>> {
    (0..n).map(|s| Stream::new("snapshot").number(s as u64).normal(0, shape.len())).collect()
}

fn stationary(shape: Shape) -> Arc<Stationary<f64>> {
    let data = snapshots(shape, 6);
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    Arc::new(fit_stationary(shape, &views, 0.01).unwrap().1)
}

fn low_rank(shape: Shape) -> Arc<Modes<f64>> {
    let data = snapshots(shape, 6);
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    Arc::new(fit_low_rank(&views, 4, 0.02).unwrap().covariance)
}

/// A g(Σ) Aᵀ as a dense matrix, row by row.
fn dense(prior: &ObservedPrior<f64>, g: &dyn Fn(f64) -> f64) -> Vec<Vec<f64>> {
    let (n, d) = (prior.count(), prior.covariance().dim());
    let weights = prior.covariance().weights(g);
    (0..n)
        .map(|i| {
            let mut unit = vec![0.0; n];
            unit[i] = 1.0;
            let (mut field, mut image) = (vec![0.0; d], vec![0.0; d]);
            prior.operator().adjoint(&unit, &mut field);
            prior.covariance().apply(&weights, &field, &mut image);
            prior.operator().apply(&image, &mut unit);
            unit
        })
        .collect()
}

fn product_trace(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    (0..a.len()).flat_map(|i| (0..a.len()).map(move |j| (i, j))).map(|(i, j)| a[i][j] * b[j][i]).sum()
}

/// The diagonal of f(Σ) − f(Σ)AᵀS⁻¹A f(Σ), entry by entry, and its sum against the traces.
fn check_remaining(prior: &ObservedPrior<f64>, f: &dyn Fn(f64) -> f64, method: Method) {
    let found = prior.remaining_variance(f).unwrap();
    assert_eq!(found.is_some(), method != Method::Iterative);
    let Some(found) = found else { return };
    let (n, d) = (prior.count(), prior.covariance().dim());
    let innovation = prior.innovation(f).unwrap();
    let weights = prior.covariance().weights(f);
    let (mut unit, mut column) = (vec![0.0; d], vec![0.0; d]);
    let (mut r, mut z) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..d {
        unit[i] = 1.0;
        prior.covariance().apply(&weights, &unit, &mut column);
        unit[i] = 0.0;
        prior.operator().apply(&column, &mut r);
        innovation.solve(&r, &mut z).unwrap();
        let expected = column[i] - sum::dot(&r, &z);
        // The difference of two numbers below ten that a few hundred roundings went into.
        assert!((found[i] - expected).abs() < 1e-12, "entry {i}: {} {expected}", found[i]);
    }
    let explained = innovation.trace_of_solve(&|l| f(l).powi(2)).unwrap();
    let left = prior.covariance().trace(f) - explained;
    let total = sum::of(d, |i| found[i]);
    assert!((total / left - 1.0).abs() < 1e-12, "{total} {left}");
}

fn check(
    covariance: Arc<dyn Covariance<f64>>,
    shape: Shape,
    stride: usize,
    noise: NoiseVariance,
    method: Method,
) {
    let operator: Arc<dyn LinearOperator<f64>> = Arc::new(Subsample::new(shape, stride).unwrap());
    let prior = ObservedPrior::new(covariance, operator, noise.clone()).unwrap();
    assert_eq!(prior.method(), method);
    let n = prior.count();
    let f = |l: f64| l / (1.0 + 0.3 * l);
    let g = |l: f64| l * l / (1.0 + l);
    let innovation = prior.innovation(&f).unwrap();

    let r: Vec<f64> = Stream::new("r").normal(0, n);
    let mut z = vec![f64::NAN; n];
    let solved = innovation.solve(&r, &mut z).unwrap();
    let residual = innovation.residual(&r, &z).unwrap();
    // Direct methods: a few hundred roundings through matrices of condition below 1e3.
    let bound = if method == Method::Iterative { 2e-10 } else { 1e-12 };
    assert!(residual < bound, "{method:?}: residual {residual}");
    assert_eq!(solved.residual.is_none(), method != Method::Iterative);

    let (af, ag) = (dense(&prior, &f), dense(&prior, &g));
    let mut by_hand = vec![0.0; n];
    for i in 0..n {
        by_hand[i] = noise.at(i) * z[i] + (0..n).map(|j| af[i][j] * z[j]).sum::<f64>();
    }
    assert!(sum::squared_distance(&by_hand, &r).sqrt() < bound * sum::norm(&r), "dense S z = r");

    let quadratic = innovation.quadratic(&r).unwrap();
    let product = sum::dot(&r, &z);
    assert!((quadratic / product - 1.0).abs() < bound, "{quadratic} {product}");
    check_remaining(&prior, &f, method);

    if method != Method::Iterative {
        let trace: f64 = (0..n).map(|i| ag[i][i]).sum();
        assert!((prior.trace(&g).unwrap() / trace - 1.0).abs() < 1e-12);
        let exact = product_trace(&ag, &af) / trace;
        let ratio = prior.trace_ratio(&g, &f, 0, Stream::new("unused"));
        assert!((ratio.value / exact - 1.0).abs() < 1e-12, "{} {exact}", ratio.value);
        // tr(S⁻¹ A g Aᵀ) column by column.
        let by_solves: f64 = (0..n)
            .map(|i| {
                innovation.solve(&ag[i], &mut z).unwrap();
                z[i]
            })
            .sum();
        let closed = innovation.trace_of_solve(&g).unwrap();
        assert!((closed / by_solves - 1.0).abs() < 1e-10, "{closed} {by_solves}");
    }
}

#[test]
fn woodbury_is_the_dense_matrix() {
    let shape = Shape::new(2, 2, 7, 9);
    for stride in [1, 2, 3, 5] {
        check(low_rank(shape), shape, stride, NoiseVariance::Uniform(0.04), Method::Modes);
    }
    let per_observation = (0..80).map(|i| 0.02 + 0.001 * f64::from(i)).collect();
    check(low_rank(shape), shape, 2, NoiseVariance::PerObservation(per_observation), Method::Modes);
}

#[test]
fn alias_blocks_are_the_dense_matrix() {
    for (h, w, stride) in [(8, 8, 2), (6, 9, 3), (8, 4, 4), (4, 6, 1)] {
        let shape = Shape::new(2, 2, h, w);
        check(stationary(shape), shape, stride, NoiseVariance::Uniform(0.04), Method::Lattice);
        let plane = (h / stride) * (w / stride);
        let noise = NoiseVariance::PerChannel { values: vec![0.04, 0.3], plane };
        check(stationary(shape), shape, stride, noise, Method::Lattice);
    }
}

#[test]
fn conjugate_gradients_serve_the_rest() {
    let shape = Shape::new(1, 2, 8, 10);
    check(stationary(shape), shape, 3, NoiseVariance::Uniform(0.04), Method::Iterative);
    check(stationary(shape), shape, 4, NoiseVariance::Uniform(0.04), Method::Iterative);
}

/// The circulant must earn its place: it at least halves the iterations on a smooth prior.
#[test]
fn the_circulant_saves_iterations() {
    let shape = Shape::new(1, 1, 32, 32);
    let smooth: Vec<Vec<f64>> = snapshots(shape, 4)
        .into_iter()
        .map(|white| {
            let prior = stationary(shape);
            let mut out = vec![0.0; shape.len()];
            let spectrum = prior.spectrum();
            let mut packed = vec![0.0; shape.len()];
            spectrum.forward(&white, &mut packed);
            for (slot, value) in packed.iter_mut().enumerate() {
                let (kx, ky) = spectrum.wavenumber(spectrum.wavenumber_of_slot(slot));
                let k2 = (kx.min(32 - kx).pow(2) + ky * ky) as f64;
                *value *= 30.0 * (-k2 / 8.0).exp();
            }
            spectrum.backward(&packed, &mut out);
            out
        })
        .collect();
    let views: Vec<&[f64]> = smooth.iter().map(Vec::as_slice).collect();
    let covariance = Arc::new(fit_stationary(shape, &views, 1e-4).unwrap().1);
    let iterations = |operator: Arc<dyn LinearOperator<f64>>| {
        let n = operator.len_out();
        let prior = ObservedPrior::new(covariance.clone(), operator, NoiseVariance::Uniform(0.01)).unwrap();
        let r: Vec<f64> = Stream::new("r").normal(0, n);
        prior.innovation(&|l| l).unwrap().solve(&r, &mut vec![0.0; n]).unwrap().iterations
    };
    let lattice = Subsample::new(shape, 3).unwrap();
    let plain = iterations(Arc::new(Unstructured(lattice)));
    let preconditioned = iterations(Arc::new(lattice));
    assert!(2 * preconditioned <= plain, "{preconditioned} iterations with, {plain} without");
}

/// A subsampling that keeps its structure to itself.
struct Unstructured(Subsample);

impl LinearOperator<f64> for Unstructured {
    fn len_in(&self) -> usize {
        LinearOperator::<f64>::len_in(&self.0)
    }
    fn len_out(&self) -> usize {
        LinearOperator::<f64>::len_out(&self.0)
    }
    fn apply(&self, x: &[f64], y: &mut [f64]) {
        self.0.apply(x, y);
    }
    fn adjoint(&self, r: &[f64], x: &mut [f64]) {
        self.0.adjoint(r, x);
    }
}

/// Probes agree with the closed form within four standard errors.
#[test]
fn probes_estimate_the_closed_form() {
    let shape = Shape::new(2, 1, 8, 8);
    let covariance = stationary(shape);
    let lattice = Subsample::new(shape, 2).unwrap();
    let noise = NoiseVariance::Uniform(0.01);
    let closed = ObservedPrior::new(covariance.clone(), Arc::new(lattice), noise.clone()).unwrap();
    let probed = ObservedPrior::new(covariance, Arc::new(Unstructured(lattice)), noise).unwrap();
    let (b, g) = (|l: f64| (l / (1.0 + l)).powi(2), |l: f64| l / (1.0 + l));
    let exact = closed.trace_ratio(&b, &g, 0, Stream::new("unused"));
    let estimate = probed.trace_ratio(&b, &g, 200, Stream::new("probes"));
    let error = estimate.standard_error.unwrap();
    assert!(exact.standard_error.is_none() && error > 0.0 && error < 0.05 * exact.value);
    assert!((estimate.value - exact.value).abs() < 4.0 * error, "{estimate:?} {exact:?}");
}
