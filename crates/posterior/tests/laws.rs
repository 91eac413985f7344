//! Mean, variance and samples against the closed form of a small Gaussian, and against
//! each other.

#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::{Covariance, Modes, Spectrum, Stationary, fit_low_rank, fit_stationary};
use equipoise_field::{Length, Real, Shape, sum};
use equipoise_innovation::{Method, ObservedPrior};
use equipoise_observation::NoiseVariance;
use equipoise_operator::{Coarsen, LinearOperator, Mask, Subsample};
use equipoise_posterior::{ExactPosterior, PosteriorError};
use equipoise_stream::Stream;
use std::f64::consts::TAU;
use std::sync::Arc;

const SHAPE: Shape = Shape::new(2, 1, 6, 6);
const NOISE: f64 = 0.3;

fn snapshots() -> Vec<Vec<f64>> {
    (0..5).map(|s| Stream::new("s").number(s).normal(0, SHAPE.len())).collect()
}

fn low_rank() -> Arc<dyn Covariance<f64>> {
    let data = snapshots();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    Arc::new(fit_low_rank(&views, 3, 0.2).unwrap().covariance)
}

fn stationary() -> Arc<dyn Covariance<f64>> {
    let data = snapshots();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    Arc::new(fit_stationary(SHAPE, &views, 0.1).unwrap().1)
}

fn subsample(stride: usize) -> Arc<dyn LinearOperator<f64>> {
    Arc::new(Subsample::new(SHAPE, stride).unwrap())
}

fn posterior(
    covariance: Arc<dyn Covariance<f64>>,
    operator: Arc<dyn LinearOperator<f64>>,
    noise: NoiseVariance,
) -> ExactPosterior<f64> {
    let dim = covariance.dim();
    let observed = ObservedPrior::new(covariance, operator, noise).unwrap();
    ExactPosterior::new(observed, vec![0.5; dim]).unwrap()
}

type Problem = (Method, Arc<dyn Covariance<f64>>, Arc<dyn LinearOperator<f64>>);

/// At least one problem for every way that S is solved.
fn problems() -> Vec<Problem> {
    vec![
        (Method::Modes, low_rank(), subsample(2)),
        (Method::Modes, low_rank(), Arc::new(Mask::new(SHAPE.len(), vec![0, 7, 8, 31, 70]).unwrap())),
        (Method::Lattice, stationary(), subsample(2)),
        (Method::Lattice, stationary(), subsample(3)),
        (Method::Iterative, stationary(), subsample(4)),
    ]
}

/// Σ v.
fn times(covariance: &dyn Covariance<f64>, v: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; v.len()];
    covariance.apply(&covariance.weights(&|l| l), v, &mut out);
    out
}

/// One observed number of two: Σ = [[2, 1], [1, 2]], y = x_0 + noise of variance 2.
#[test]
fn two_numbers_by_hand() {
    let h = std::f64::consts::FRAC_1_SQRT_2;
    let modes = Modes::new(2, vec![h, h, h, -h], vec![3.0, 1.0], None).unwrap();
    let mask = Mask::new(2, vec![0]).unwrap();
    let observed = ObservedPrior::new(Arc::new(modes), Arc::new(mask), NoiseVariance::Uniform(2.0)).unwrap();
    let posterior = ExactPosterior::new(observed, vec![1.0, 0.0]).unwrap();
    // Gain (2, 1)/4; innovation 5 − 1.
    let mean = posterior.mean(&[5.0]).unwrap();
    assert!((mean[0] - 3.0).abs() < 1e-14 && (mean[1] - 1.0).abs() < 1e-14, "{mean:?}");
    let unused = Stream::new("unused");
    let field = posterior.variance_field(0, unused).unwrap();
    assert_eq!(field.relative_standard_error, None);
    for variance in [posterior.variance().unwrap(), field.values] {
        assert!((variance[0] - 1.0).abs() < 1e-14 && (variance[1] - 1.75).abs() < 1e-14, "{variance:?}");
    }
    let average = posterior.mean_variance(0, unused).unwrap();
    assert!((average.value - 1.375).abs() < 1e-14 && average.standard_error.is_none());
    assert!(matches!(
        posterior.mean(&[1.0, 2.0]),
        Err(PosteriorError::Length(Length { what: "y", found: 2, expected: 1 }))
    ));
}

/// The field of variances is the one found by a solve for each entry, and its mean is the mean
/// variance; noise of its own for every channel or observation included.
#[test]
fn variances_are_those_of_one_solve_each() {
    let count = subsample(2).len_out();
    let uneven = NoiseVariance::PerObservation((0..count).map(|i| 0.1 + 0.02 * i as f64).collect());
    let channel = NoiseVariance::PerChannel { values: vec![0.7], plane: 9 };
    let uniform = NoiseVariance::Uniform(NOISE);
    let mut cases: Vec<_> = problems()
        .into_iter()
        .filter(|(method, ..)| *method != Method::Iterative)
        .map(|(_, covariance, operator)| (covariance, operator, uniform.clone()))
        .collect();
    cases.push((low_rank(), subsample(2), uneven));
    cases.push((stationary(), subsample(2), channel));
    for (covariance, operator, noise) in cases {
        let posterior = posterior(covariance, operator, noise);
        let field = posterior.variance_field(0, Stream::new("unused")).unwrap();
        assert_eq!(field.relative_standard_error, None);
        for (found, expected) in field.values.iter().zip(posterior.variance().unwrap()) {
            // Differences of numbers of size one.
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        let average = posterior.mean_variance(0, Stream::new("unused")).unwrap().value;
        assert!((average - sum::mean(&field.values)).abs() < 1e-12, "{average}");
    }
}

/// λ_max/s² = 1e6 on a dense lattice, as in turbulence seen at every second point: a single-precision
/// prior keeps the variance of every entry and their mean.
#[test]
fn single_precision_keeps_small_variances() {
    fn run<R: Real>(shape: Shape, values: Vec<f64>) -> (Vec<f64>, f64) {
        let covariance = Stationary::<R>::new(shape, vec![1.0.into(); values.len()], values).unwrap();
        let lattice = Subsample::new(shape, 2).unwrap();
        let noise = NoiseVariance::Uniform(1e-2);
        let observed = ObservedPrior::new(Arc::new(covariance), Arc::new(lattice), noise).unwrap();
        let posterior = ExactPosterior::new(observed, vec![R::zero(); shape.len()]).unwrap();
        let unused = Stream::new("unused");
        let field = posterior.variance_field(0, unused).unwrap().values;
        let mean = posterior.mean_variance(0, unused).unwrap().value;
        (field.iter().map(|v| v.wide()).collect(), mean)
    }
    let shape = Shape::new(1, 1, 32, 32);
    let spectrum = Spectrum::<f64>::new(32, 32);
    let eigenvalue = |k: usize| {
        let (kh, kw) = spectrum.wavenumber(k);
        1e-4 + 1e4 * (1.0 + (kh.min(32 - kh).pow(2) + kw * kw) as f64).powi(-3)
    };
    let values: Vec<f64> = (0..spectrum.wavenumbers()).map(eigenvalue).collect();
    let (field, mean) = run::<f64>(shape, values.clone());
    let (narrow_field, narrow_mean) = run::<f32>(shape, values);
    let half = f64::from(f32::EPSILON) / 2.0;
    for (narrow, wide) in narrow_field.iter().zip(&field) {
        // Rounded once, at the end; what precedes is good to 1e-16 of the prior's variance, 1e-12 of this.
        assert!((narrow / wide - 1.0).abs() < 1.01 * half, "{narrow} {wide}");
    }
    assert!((narrow_mean / mean - 1.0).abs() < 1e-10, "{narrow_mean} {mean}");
    assert!((mean / sum::mean(&field) - 1.0).abs() < 1e-10, "{mean}");
}

/// Where there is no closed form, n deviations give χ²_n/n times the variance at every entry.
#[test]
fn estimated_variances_say_how_uncertain_they_are() {
    let coarsen: Arc<dyn LinearOperator<f64>> = Arc::new(Coarsen::new(SHAPE, 2).unwrap());
    for (covariance, operator) in [(stationary(), subsample(4)), (low_rank(), coarsen)] {
        let posterior = posterior(covariance, operator, NoiseVariance::Uniform(NOISE));
        let n = 800;
        let field = posterior.variance_field(n, Stream::new("deviations")).unwrap();
        let error = field.relative_standard_error.unwrap();
        assert!((error - (2.0 / n as f64).sqrt()).abs() < f64::EPSILON);
        for (found, expected) in field.values.iter().zip(posterior.variance().unwrap()) {
            assert!((found / expected - 1.0).abs() < 4.5 * error, "{found} {expected}");
        }
    }
}

/// Samples have the posterior's mean, and in any direction w the variance wᵀCov[x | y]w, within four
/// and a half standard errors.
#[test]
fn samples_have_the_exact_moments() {
    for (method, covariance, operator) in problems() {
        let posterior = posterior(covariance.clone(), operator.clone(), NoiseVariance::Uniform(NOISE));
        let about_zero = ExactPosterior::new(
            ObservedPrior::new(covariance.clone(), operator.clone(), NoiseVariance::Uniform(NOISE)).unwrap(),
            vec![0.0; SHAPE.len()],
        )
        .unwrap();
        let y: Vec<f64> = Stream::new("y").normal(0, operator.len_out());
        let mean = posterior.mean(&y).unwrap();
        let n = 1500;
        let samples: Vec<Vec<f64>> =
            (0..n).map(|draw| posterior.sample(&y, Stream::new("posterior"), draw).unwrap()).collect();
        for direction in 0..8 {
            let w: Vec<f64> = Stream::new("direction").normal(direction, SHAPE.len());
            // The estimate of Σw from its own data is ΣAᵀS⁻¹AΣw.
            let spread = times(&*covariance, &w);
            let mut seen = vec![0.0; y.len()];
            operator.apply(&spread, &mut seen);
            let explained = about_zero.mean(&seen).unwrap();
            let variance = sum::dot(&w, &spread) - sum::dot(&w, &explained);
            let along: Vec<f64> = samples.iter().map(|x| sum::dot(&w, x) - sum::dot(&w, &mean)).collect();
            let bias = sum::mean(&along);
            let square = sum::squared_norm(&along) / n as f64;
            assert!(bias.abs() < 4.5 * (variance / n as f64).sqrt(), "{method:?}: {bias} {variance}");
            let off = (square / variance - 1.0).abs();
            assert!(off < 4.5 * (2.0 / n as f64).sqrt(), "{method:?}: {square} {variance}");
        }
        let deviation = posterior.deviation(Stream::new("posterior"), 0).unwrap();
        for ((d, m), x) in deviation.iter().zip(&mean).zip(&samples[0]) {
            // Two solves in place of one, by conjugate gradients to 1e-10 on numbers of size one.
            assert!((d + m - x).abs() < 1e-8, "{method:?}: {d} + {m} against {x}");
        }
    }
}

/// A red spectrum seen so densely that the posterior variance is a thousandth of the prior's,
/// with a stride that does not divide the grid: eight probes agree with the entry-wise variance
/// within five standard errors, and that error is a tenth of the value at most.
#[test]
fn probes_resolve_a_posterior_far_narrower_than_the_prior() {
    let shape = Shape::new(1, 1, 9, 9);
    let data: Vec<Vec<f64>> = (0..4)
        .map(|s| {
            let a: Vec<f64> = Stream::new("red").number(s).normal(0, 3);
            let wave = |i: usize| TAU * i as f64 / 9.0;
            (0..81).map(|i| 10.0 * (a[0] + a[1] * wave(i / 9).sin() + a[2] * wave(i % 9).cos())).collect()
        })
        .collect();
    let views: Vec<&[f64]> = data.iter().map(Vec::as_slice).collect();
    let covariance = Arc::new(fit_stationary(shape, &views, 1e-2).unwrap().1);
    let operator = Arc::new(Subsample::new(shape, 2).unwrap());
    let posterior = posterior(covariance, operator, NoiseVariance::Uniform(1e-2));
    let exact = sum::mean(&posterior.variance().unwrap());
    let probed = posterior.mean_variance(8, Stream::new("probes")).unwrap();
    let error = probed.standard_error.unwrap();
    assert!(error < 0.1 * exact, "{probed:?}, {exact}");
    assert!((probed.value - exact).abs() < 5.0 * error, "{probed:?}, {exact}");
}

/// In `f32`, where observation leaves two thousandths of the prior's variance: the difference of prior and
/// explained variance would err by half a hundredth of that, the sum of what is left keeps a thousandth of it.
#[test]
fn a_narrow_posterior_in_single_precision_is_that_of_double() {
    fn run<R: Real>(covariance: &Modes<f64>) -> (Vec<f64>, f64) {
        let narrow = |v: &f64| R::narrow(*v);
        let dim = covariance.dim();
        let basis = covariance.basis().iter().map(narrow).collect();
        let covariance: Arc<dyn Covariance<R>> =
            Arc::new(Modes::new(dim, basis, covariance.eigenvalues().to_vec(), Some(1e-4)).unwrap());
        let operator: Arc<dyn LinearOperator<R>> = Arc::new(Coarsen::new(Shape::new(1, 1, 8, 8), 2).unwrap());
        let observed = ObservedPrior::new(covariance, operator, NoiseVariance::Uniform(1e-2)).unwrap();
        let posterior = ExactPosterior::new(observed, vec![R::zero(); dim]).unwrap();
        let probed = posterior.mean_variance(4, Stream::new("probes")).unwrap().value;
        (posterior.variance().unwrap(), probed)
    }
    // Walsh functions: exact in either type, orthonormal, and the same over cells of two by two.
    let walsh = |k: usize, i: usize| if (k & i).count_ones().is_multiple_of(2) { 0.125 } else { -0.125 };
    let basis = [2, 16, 18].into_iter().flat_map(|k| (0..64).map(move |i| walsh(k, i))).collect();
    let covariance = Modes::new(64, basis, vec![30.0, 24.0, 15.0], Some(1e-4)).unwrap();
    let ((wide, wide_mean), (narrow, narrow_mean)) = (run::<f64>(&covariance), run::<f32>(&covariance));
    for (narrow, wide) in narrow.iter().zip(&wide) {
        assert!(*wide < 3e-3 && (narrow / wide - 1.0).abs() < 1e-3, "{narrow} {wide}");
    }
    assert!((narrow_mean / wide_mean - 1.0).abs() < 1e-3, "{narrow_mean} {wide_mean}");
}

/// Estimates from too few draws are refused, not NaN.
#[test]
fn too_few_draws_are_refused() {
    let posterior = posterior(stationary(), subsample(4), NoiseVariance::Uniform(NOISE));
    let stream = Stream::new("draws");
    for probes in [0, 1] {
        let error = posterior.mean_variance(probes, stream).unwrap_err().to_string();
        assert_eq!(error, format!("probes: found {probes}, expected at least 2"));
    }
    let two = posterior.mean_variance(2, stream).unwrap();
    assert!(two.value.is_finite() && two.standard_error.is_some_and(f64::is_finite));
    let error = posterior.variance_field(0, stream).unwrap_err().to_string();
    assert_eq!(error, "deviations: found 0, expected at least 1");
    assert!(posterior.variance_field(1, stream).unwrap().values.iter().all(|v| v.is_finite()));
}
