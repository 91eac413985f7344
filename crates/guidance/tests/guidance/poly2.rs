//! The quadratic in M against dense matrices.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::Modes;
use equipoise_denoiser::{Closure, Denoiser, Jacobian};
use equipoise_field::sum;
use equipoise_guidance::{ConditionalCovariance, Guidance, Mmps, Poly2, Probes, Scratch};
use equipoise_observation::Observed;
use equipoise_observation::{ConjugateGradients, NoiseVariance};
use equipoise_operator::Dense;
use equipoise_scaling::poly2::coefficients;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::{Wiener, gain};
use std::sync::Arc;

const DIM: usize = 12;
const COUNT: usize = 6;
const NOISE: f64 = 0.25;
const LEVELS: [Level; 2] = [Level { mu: 0.3, sigma: 0.95 }, Level { mu: 0.9, sigma: 0.4 }];

fn matrix() -> Vec<f64> {
    Stream::new("A").normal(0, COUNT * DIM)
}

fn observation() -> Arc<Observed<f64>> {
    let operator = Arc::new(Dense::new(COUNT, DIM, matrix()).unwrap());
    let y = Stream::new("y").normal(0, COUNT);
    Arc::new(Observed::shared(y, operator, NoiseVariance::Uniform(NOISE)).unwrap())
}

fn wiener(eigenvalues: Vec<f64>) -> Arc<Wiener<f64>> {
    let identity = (0..DIM * DIM).map(|i| f64::from(u8::from(i % (DIM + 1) == 0))).collect();
    let prior = Modes::new(DIM, identity, eigenvalues, None).unwrap();
    Arc::new(Wiener::new(vec![0.0; DIM], Arc::new(prior)).unwrap())
}

fn decaying() -> Vec<f64> {
    (1..=DIM).map(|i| 4.0 / (i * i) as f64).collect()
}

type Square = [[f64; COUNT]; COUNT];

/// A diag(f) Aᵀ + n I.
fn seen(f: impl Fn(f64) -> f64, n: f64) -> Square {
    let (a, values) = (matrix(), decaying());
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let diagonal = if i == j { n } else { 0.0 };
            (0..DIM).map(|d| a[i * DIM + d] * f(values[d]) * a[j * DIM + d]).sum::<f64>() + diagonal
        })
    })
}

fn product(a: &Square, b: &Square) -> Square {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..COUNT).map(|k| a[i][k] * b[k][j]).sum()))
}

/// tr(B Mᵏ).
fn moments(level: Level) -> [f64; 6] {
    let m = seen(|l| gain::covariance(level, l), NOISE);
    let mut power = seen(|l| gain::jacobian(level, l).powi(2), 0.0);
    std::array::from_fn(|_| {
        let trace = (0..COUNT).map(|i| power[i][i]).sum();
        power = product(&power, &m);
        trace
    })
}

fn gradient(method: &dyn Guidance<f64>, level: Level) -> Vec<f64> {
    let x_t: Vec<f64> = Stream::new("x_t").normal(0, DIM);
    let mut g = vec![f64::NAN; DIM];
    method.gradient(&x_t, level, &mut g, &mut Scratch::new()).unwrap();
    g
}

/// The probed c is the dense one within four of its standard errors, g is JᵀAᵀp(M)r, and the dense c
/// has a smaller expected error E‖JᵀAᵀ(M⁻¹ − p(M))r‖² than `matched`, constant terms left out.
#[test]
fn the_quadratic_is_the_one_of_the_dense_moments() {
    let (wiener, observation) = (wiener(decaying()), observation());
    let covariance = ConditionalCovariance::Exact(wiener.clone());
    let probes =
        Probes { states: Arc::new(|_| vec![vec![0.0; DIM]]), count: 400, stream: Stream::new("probes") };
    let table = Poly2::quadratics(&covariance, &observation, &LEVELS, &probes).unwrap();
    let method = Poly2::new(covariance, observation.clone(), table.clone());
    for level in LEVELS {
        let t = moments(level);
        let dense = coefficients(t).unwrap();
        let error = |c: [f64; 3]| -> f64 {
            let square = |k: usize| (0..3).map(|l| c[k] * c[l] * t[k + l + 1]).sum::<f64>();
            (0..3).map(|k| square(k) - 2.0 * c[k] * t[k]).sum()
        };
        assert!(error(dense) < error([t[0] / t[1], 0.0, 0.0]), "{level:?}");
        let found = table.get(level).unwrap();
        assert!(!found.replaced);
        let errors = found.standard_error.unwrap();
        for k in 0..3 {
            let off = (found.coefficients[k] - dense[k]).abs();
            assert!(off < 4.0 * errors[k] && errors[k] < 0.2 * dense[k].abs(), "{found:?}, {dense:?}");
        }
        let x_t: Vec<f64> = Stream::new("x_t").normal(0, DIM);
        let (mut x_hat, mut r) = (vec![0.0; DIM], vec![0.0; COUNT]);
        wiener.denoise(&x_t, level, &mut x_hat).unwrap();
        observation.residual(&x_hat, &mut r);
        let m = seen(|l| gain::covariance(level, l), NOISE);
        let times = |v: &[f64]| -> Vec<f64> { m.iter().map(|row| sum::dot(row, v)).collect() };
        let (mr, [c0, c1, c2]) = (times(&r), found.coefficients);
        let mmr = times(&mr);
        let weighted: Vec<f64> = (0..COUNT).map(|i| c0 * r[i] + c1 * mr[i] + c2 * mmr[i]).collect();
        let (mut spread, mut expected) = (vec![0.0; DIM], vec![0.0; DIM]);
        observation.pull_back(&x_hat, &weighted, &mut spread);
        wiener.vjp(&x_t, level, &spread, &mut expected).unwrap();
        let off = sum::squared_distance(&gradient(&method, level), &expected).sqrt();
        // The three terms cancel to a tenth of their size.
        assert!(off < 1e-12 * sum::norm(&expected), "{level:?}: {off:e}");
    }
}

/// Three entries seen apart have three eigenvalues of M at most: p(M) = M⁻¹, whatever the probes, up to
/// the condition of the moments.
#[test]
fn three_eigenvalues_are_solved_exactly() {
    let rows = (0..3 * DIM).map(|i| f64::from(u8::from(i % (DIM + 1) == 0))).collect();
    let operator = Arc::new(Dense::new(3, DIM, rows).unwrap());
    let noise = NoiseVariance::Uniform(NOISE);
    let observation = Arc::new(Observed::shared(vec![1.0, -2.0, 0.5], operator, noise).unwrap());
    let probes =
        Probes { states: Arc::new(|_| vec![vec![0.0; DIM]]), count: 6, stream: Stream::new("probes") };
    for eigenvalues in [vec![1.0; DIM], decaying()] {
        let covariance = ConditionalCovariance::Exact(wiener(eigenvalues));
        let table = Poly2::quadratics(&covariance, &observation, &LEVELS, &probes).unwrap();
        let poly2 = Poly2::new(covariance.clone(), observation.clone(), table);
        let mmps = Mmps::new(covariance, observation.clone(), ConjugateGradients::default());
        for level in LEVELS {
            let (a, b) = (gradient(&poly2, level), gradient(&mmps, level));
            let error = sum::squared_distance(&a, &b).sqrt() / sum::norm(&b);
            assert!(error < 1e-7, "{level:?}: {error:e}");
        }
    }
}

/// J = −I/2 makes M = s²I − … negative: p is the scalar of `matched` if that is positive, or an error.
#[test]
fn a_negative_m_is_refused() {
    let negative = |factor: f64| {
        move |v: &[f64], out: &mut [f64]| {
            out.iter_mut().zip(v).for_each(|(o, v)| *o = factor * v);
            Ok(())
        }
    };
    let denoise = move |x: &[f64], _: Level, out: &mut [f64]| negative(-0.5)(x, out);
    let vjp = move |_: &[f64], _: Level, v: &[f64], out: &mut [f64]| negative(-0.5)(v, out);
    let denoiser: Arc<dyn Denoiser<f64>> = Arc::new(Closure::new(DIM, denoise, vjp));
    let covariance = ConditionalCovariance::Jacobian(denoiser);
    let probes =
        Probes { states: Arc::new(|_| vec![vec![0.0; DIM]]), count: 6, stream: Stream::new("probes") };
    let error = Poly2::quadratics(&covariance, &observation(), &LEVELS[1..], &probes).unwrap_err();
    assert!(error.to_string().starts_with("traces at μ = 0.9, σ = 0.4: law matched"), "{error}");
}

/// The moments are those of a symmetric M: of any other J there is no polynomial.
#[test]
fn a_j_that_is_not_symmetric_is_refused() {
    let half = |v: &[f64], out: &mut [f64]| {
        out.iter_mut().zip(v).for_each(|(o, v)| *o = 0.5 * v);
        Ok(())
    };
    let denoise = move |x: &[f64], _: Level, out: &mut [f64]| half(x, out);
    let vjp = move |_: &[f64], _: Level, v: &[f64], out: &mut [f64]| half(v, out);
    let quadratics = |jacobian| {
        let denoiser: Arc<dyn Denoiser<f64>> =
            Arc::new(Closure::new(DIM, denoise, vjp).with_jacobian(jacobian));
        let covariance = ConditionalCovariance::Jacobian(denoiser);
        let probes =
            Probes { states: Arc::new(|_| vec![vec![0.0; DIM]]), count: 6, stream: Stream::new("probes") };
        Poly2::quadratics(&covariance, &observation(), &LEVELS[1..], &probes).map(drop)
    };
    quadratics(Jacobian::Symmetric).unwrap();
    let error = quadratics(Jacobian::General).unwrap_err().to_string();
    assert_eq!(
        error,
        "poly2: found a denoiser whose J need not be symmetric, expected that of a posterior mean"
    );
}
