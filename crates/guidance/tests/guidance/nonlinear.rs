//! Observations through a nonlinear operator: which methods take them, and what they then compute.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_covariance::Modes;
use equipoise_denoiser::{Denoiser, DenoiserError};
use equipoise_field::sum;
use equipoise_guidance::{
    ConditionalCovariance, DiffPir, Exact, Excess, GaussianPath, Guidance, GuidanceError, Jfps, Mmps,
    PigdmScore, Scratch, Sda, Strength, Tmpd,
};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::{ConjugateGradients, NoiseVariance};
use equipoise_observation::{ObservationError, Observed};
use equipoise_operator::{Dense, Linear, LinearOperator, Saturation};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

const DIM: usize = 10;
const COUNT: usize = 4;
const LEVELS: [Level; 3] =
    [Level { mu: 0.1, sigma: 0.99 }, Level { mu: 0.7, sigma: 0.7 }, Level { mu: 0.99, sigma: 0.1 }];

/// x̂_i = tanh(a x_i + x_{i+1}/4), a = μ/(μ² + σ²): a Jacobian that depends on x_t and is not symmetric.
struct Curved;

impl Curved {
    fn slopes(x: &[f64], level: Level) -> (f64, Vec<f64>) {
        let a = level.mu / (level.mu.powi(2) + level.sigma.powi(2));
        (a, (0..DIM).map(|i| (a * x[i] + 0.25 * x[(i + 1) % DIM]).cosh().powi(-2)).collect())
    }
}

impl Denoiser<f64> for Curved {
    fn dim(&self) -> usize {
        DIM
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        let a = level.mu / (level.mu.powi(2) + level.sigma.powi(2));
        (0..DIM).for_each(|i| out[i] = (a * x[i] + 0.25 * x[(i + 1) % DIM]).tanh());
        Ok(())
    }
    fn vjp(&self, x: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        let (a, slopes) = Self::slopes(x, level);
        let pulled = |i: usize| slopes[i] * v[i];
        (0..DIM).for_each(|i| out[i] = a * pulled(i) + 0.25 * pulled((i + DIM - 1) % DIM));
        Ok(())
    }
}

fn mixture() -> Arc<dyn LinearOperator<f64>> {
    let matrix: Vec<f64> = Stream::new("A").normal(0, COUNT * DIM);
    Arc::new(Dense::new(COUNT, DIM, matrix).unwrap())
}

fn noise() -> NoiseVariance {
    NoiseVariance::PerObservation((1..=COUNT).map(|i| 0.1 * i as f64).collect())
}

/// y within the range of the saturation, in (−1/2, 1/2).
fn values() -> Vec<f64> {
    (0..COUNT).map(|i| 0.5 * (2.0 * i as f64).sin()).collect()
}

fn saturated() -> Arc<Observed<f64>> {
    Arc::new(Observed::nonlinear(values(), Arc::new(Saturation(mixture())), noise()).unwrap())
}

fn state() -> Vec<f64> {
    Stream::new("x_t").normal(0, DIM)
}

fn denoised(denoiser: &dyn Denoiser<f64>, x_t: &[f64], level: Level) -> Vec<f64> {
    let mut x_hat = vec![f64::NAN; DIM];
    denoiser.denoise(x_t, level, &mut x_hat).unwrap();
    x_hat
}

fn gradient(method: &dyn Guidance<f64>, x_t: &[f64], level: Level) -> Result<Vec<f64>, GuidanceError> {
    let mut g = vec![f64::NAN; DIM];
    method.gradient(x_t, level, &mut g, &mut Scratch::new())?;
    Ok(g)
}

fn strength(factor: f64, adaptive: Option<f64>) -> Strength {
    Strength { variance: noise(), excess: Excess::Gamma(0.01), factor, adaptive }
}

/// g = factor · ∇ log N(y; A(x̂(x_t)), v) by central differences with h = 1e-5, whose error h² times
/// third derivatives, of order 1/v < 1e3 here, and rounding ε|log N|/h < 1e-8 stay below 1e-6 ‖g‖.
#[test]
fn sda_is_the_gradient_of_its_likelihood() {
    let (observation, x_t) = (saturated(), state());
    let sda = Sda::new(Arc::new(Curved), observation.clone(), strength(0.5, None));
    for level in LEVELS {
        let log_likelihood = |x: &[f64]| {
            let mut r = vec![f64::NAN; COUNT];
            observation.residual(&denoised(&Curved, x, level), &mut r);
            let variance = strength(0.5, None).variance_at(level).unwrap();
            -0.25 * sum::of(COUNT, |i| r[i] * r[i] / variance.at(i))
        };
        let g = gradient(&sda, &x_t, level).unwrap();
        let slope = |i: usize| {
            let at = |h: f64| {
                let mut x = x_t.clone();
                x[i] += h;
                log_likelihood(&x)
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        };
        let differences: Vec<f64> = (0..DIM).map(slope).collect();
        let error = sum::squared_distance(&g, &differences).sqrt() / sum::norm(&g);
        assert!(error < 1e-6, "{level:?}: {error:e}");
    }
}

/// `adaptive` brings σg to the norm of ε̂ and leaves its direction; `detach` is A′ᵀr/(μv).
#[test]
fn the_other_forms_of_sda_take_the_same_likelihood() {
    let (observation, x_t) = (saturated(), state());
    let sda = |adaptive| Sda::new(Arc::new(Curved), observation.clone(), strength(1.0, adaptive));
    for level in LEVELS {
        let x_hat = denoised(&Curved, &x_t, level);
        let plain = gradient(&sda(None), &x_t, level).unwrap();
        let adaptive = gradient(&sda(Some(1.0)), &x_t, level).unwrap();
        let prior = sum::of(DIM, |i| (x_t[i] - level.mu * x_hat[i]).powi(2)).sqrt() / level.sigma;
        let scale = prior / (level.sigma * sum::norm(&plain));
        // A few roundings of each norm.
        (0..DIM).for_each(|i| assert!((adaptive[i] - scale * plain[i]).abs() < 1e-13 * scale));

        let (mut weighted, mut pulled) = (vec![0.0; COUNT], vec![0.0; DIM]);
        observation.residual(&x_hat, &mut weighted);
        let variance = strength(1.0, None).variance_at(level).unwrap();
        weighted.iter_mut().enumerate().for_each(|(i, r)| *r /= variance.at(i) * level.mu);
        observation.pull_back(&x_hat, &weighted, &mut pulled);
        let detached = gradient(&sda(None).detached(), &x_t, level).unwrap();
        let error = sum::squared_distance(&detached, &pulled).sqrt() / sum::norm(&pulled);
        assert!(error < 1e-14, "{level:?}: {error:e}");
    }
}

/// y − A(x̂) seen through A′(x̂): the linear problem that an extended Kalman filter would solve.
fn linearised(observation: &Observed<f64>, x_hat: &[f64]) -> Arc<Observed<f64>> {
    let mut rows = vec![0.0; COUNT * DIM];
    for (i, row) in rows.chunks_mut(DIM).enumerate() {
        let unit: Vec<f64> = (0..COUNT).map(|j| f64::from(u8::from(i == j))).collect();
        observation.pull_back(x_hat, &unit, row);
    }
    let tangent: Arc<dyn LinearOperator<f64>> = Arc::new(Dense::new(COUNT, DIM, rows).unwrap());
    let (mut y, mut along) = (vec![0.0; COUNT], vec![0.0; COUNT]);
    observation.residual(x_hat, &mut y);
    tangent.apply(x_hat, &mut along);
    y.iter_mut().zip(along).for_each(|(y, a)| *y += a);
    Arc::new(Observed::shared(y, tangent, noise()).unwrap())
}

type Build = fn(Arc<Observed<f64>>) -> Box<dyn Guidance<f64>>;

const LINEARISING: [(&str, Build); 3] = [
    ("mmps", |o| {
        Box::new(Mmps::new(ConditionalCovariance::Exact(wiener()), o, ConjugateGradients::default()))
    }),
    ("tmpd", |o| Box::new(Tmpd::new(ConditionalCovariance::Jacobian(Arc::new(Curved)), o))),
    ("pigdm_score", |o| Box::new(PigdmScore::new(Arc::new(Curved), o))),
];

/// Through the explicit matrix A′(x̂) each of these methods is its linear self, up to roundings that
/// S⁻¹, of condition below 1e3, and the solver's 1e-10 magnify alike.
#[test]
fn mmps_tmpd_and_pigdm_linearise_at_the_estimate() {
    let (observation, x_t) = (saturated(), state());
    for ((name, build), level) in LINEARISING.iter().flat_map(|m| LEVELS.map(|l| (m, l))) {
        let method = build(observation.clone());
        let x_hat = denoised(method.denoiser(), &x_t, level);
        let dense = build(linearised(&observation, &x_hat));
        let (found, expected) =
            (gradient(&*method, &x_t, level).unwrap(), gradient(&*dense, &x_t, level).unwrap());
        let error = sum::squared_distance(&found, &expected).sqrt() / sum::norm(&expected);
        assert!(error < 1e-7, "{name}, {level:?}: {error:e}");
    }
}

/// A linear operator given as a nonlinear one changes no bit of g.
#[test]
fn the_adapter_of_a_linear_operator_is_the_linear_route() {
    let x_t = state();
    let sda: Build = |o| Box::new(Sda::new(Arc::new(Curved), o, strength(1.0, Some(1.0))));
    let plain = Arc::new(Observed::shared(values(), mixture(), noise()).unwrap());
    let adapted = Observed::nonlinear(values(), Arc::new(Linear(mixture())), noise()).unwrap();
    let adapted = Arc::new(adapted);
    for ((name, build), level) in
        [("sda", sda)].iter().chain(&LINEARISING).flat_map(|m| LEVELS.map(|l| (m, l)))
    {
        let [a, b] = [&plain, &adapted].map(|o| gradient(&*build(o.clone()), &x_t, level).unwrap());
        assert_eq!(a, b, "{name}, {level:?}");
    }
}

fn wiener() -> Arc<Wiener<f64>> {
    let identity = (0..DIM * DIM).map(|i| f64::from(u8::from(i % (DIM + 1) == 0))).collect();
    let eigenvalues = (1..=DIM).map(|i| 3.0 / i as f64).collect();
    let prior = Modes::new(DIM, identity, eigenvalues, None).unwrap();
    Arc::new(Wiener::new(vec![0.1; DIM], Arc::new(prior)).unwrap())
}

#[test]
fn methods_made_for_linear_observations_refuse_others_by_name() {
    let (observation, wiener) = (saturated(), wiener());
    let covariance = Arc::clone(wiener.prior_covariance());
    let observed = ObservedPrior::new(covariance.clone(), mixture(), noise()).unwrap();
    let table = Exact::innovations(&observed, &LEVELS).unwrap();
    let path = Arc::new(GaussianPath::new(wiener.clone(), observed).unwrap());
    let exact = || Exact::new(wiener.clone(), observation.clone(), table.clone());
    let jfps = Jfps::new(wiener.clone(), observation.clone(), covariance, table.clone()).unwrap();
    let methods: [(&str, Box<dyn Guidance<f64>>); 4] = [
        ("exact", Box::new(exact())),
        ("exact", Box::new(exact().along(path.clone()))),
        ("jfps", Box::new(jfps)),
        ("diffpir", Box::new(DiffPir::new(wiener.clone(), observation.clone()))),
    ];
    let estimate = |method: &dyn Guidance<f64>| {
        let mut eps = vec![f64::NAN; DIM];
        method.noise_estimate(&state(), LEVELS[1], &mut eps, &mut Scratch::new()).map(|_| eps)
    };
    for (name, method) in methods {
        let error = estimate(&*method).unwrap_err();
        assert!(
            matches!(error, GuidanceError::Observation(ObservationError::Nonlinear { method }) if method == name),
            "{error}"
        );
        let expected = format!("{name}: found a nonlinear observation operator, expected a linear one");
        assert_eq!(error.to_string(), expected);
    }
    // The short way of a Gaussian prior is for linear A, so SDA does not take it.
    let sda = || Sda::new(wiener.clone(), observation.clone(), strength(1.0, None));
    assert_eq!(estimate(&sda().along(path)).unwrap(), estimate(&sda()).unwrap());
}
