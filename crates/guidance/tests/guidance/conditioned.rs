//! The exact guidance of a prior on three fields, against the mixture that it is the score of.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

use equipoise_field::{Shape, sum};
use equipoise_guidance::{Conditioned, Guidance, Scratch};
use equipoise_locality::{Memory, Optimal, Training};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{Dense, LinearOperator, Saturation};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;

const DIM: usize = 6;
const COUNT: usize = 3;
const FIELDS: usize = 3;
const LEVELS: [Level; 3] =
    [Level { mu: 0.1, sigma: 0.99 }, Level { mu: 0.7, sigma: 0.7 }, Level { mu: 0.95, sigma: 0.3 }];

fn fields() -> Vec<f64> {
    Stream::new("fields").normal(0, FIELDS * DIM)
}

fn optimal() -> Arc<Optimal<f64>> {
    let samples = Memory::new(fields(), DIM).unwrap();
    Arc::new(Optimal::new(Training::new(Shape::new(1, 1, 1, DIM), Arc::new(samples)).unwrap()))
}

fn operator() -> Arc<dyn LinearOperator<f64>> {
    Arc::new(Dense::new(COUNT, DIM, Stream::new("A").normal(0, COUNT * DIM)).unwrap())
}

fn noise() -> NoiseVariance {
    NoiseVariance::PerObservation((1..=COUNT).map(|i| 0.2 * i as f64).collect())
}

fn observations() -> [Observed<f64>; 2] {
    let y = || (0..COUNT).map(|i| 0.4 * (2.0 * i as f64).sin()).collect();
    [
        Observed::shared(y(), operator(), noise()).unwrap(),
        Observed::nonlinear(y(), Arc::new(Saturation(operator())), noise()).unwrap(),
    ]
}

fn log_sum(terms: &[f64]) -> f64 {
    let peak = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    peak + terms.iter().map(|t| (t - peak).exp()).sum::<f64>().ln()
}

/// g = ∇ log Σ_i p(x_i | x_t) N(y; A(x_i), s²) by central differences with h = 1e-5, whose error
/// h²·1/σ⁶ < 2e-7 and rounding 1e-16/h stay below 1e-6 (1 + ‖g‖).
#[test]
fn it_is_the_score_of_the_evidence() {
    let (fields, prior) = (fields(), optimal());
    for observation in observations() {
        let method = Conditioned::new(prior.clone(), &observation).unwrap();
        let seen: Vec<f64> = fields.chunks(DIM).map(|x| observation.log_likelihood(x)).collect();
        for level in LEVELS {
            let log_evidence = |x_t: &[f64]| {
                let from = |x: &[f64]| sum::of(DIM, |i| (x_t[i] - level.mu * x[i]).powi(2));
                let logits: Vec<f64> =
                    fields.chunks(DIM).map(|x| -from(x) / (2.0 * level.sigma.powi(2))).collect();
                let joint: Vec<f64> = logits.iter().zip(&seen).map(|(l, s)| l + s).collect();
                log_sum(&joint) - log_sum(&logits)
            };
            let x_t: Vec<f64> = Stream::new("x_t").normal(0, DIM);
            let differences: Vec<f64> = (0..DIM)
                .map(|i| {
                    let at = |h: f64| {
                        let mut x = x_t.clone();
                        x[i] += h;
                        log_evidence(&x)
                    };
                    (at(1e-5) - at(-1e-5)) / 2e-5
                })
                .collect();
            let mut g = vec![f64::NAN; DIM];
            method.gradient(&x_t, level, &mut g, &mut Scratch::new()).unwrap();
            let error = sum::squared_distance(&g, &differences).sqrt();
            assert!(error < 1e-6 * (1.0 + sum::norm(&g)), "{level:?}: {error:e}");
        }
    }
}

/// −Σ(y − A x)²/2s² by hand, and what exact observations allow.
#[test]
fn the_likelihood_of_a_field() {
    let identity: Vec<f64> = (0..9).map(|i| f64::from(u8::from(i % 4 == 0))).collect();
    let all: Arc<dyn LinearOperator<f64>> = Arc::new(Dense::new(3, 3, identity).unwrap());
    let of = |variances: Vec<f64>, x: &[f64]| {
        let noise = NoiseVariance::PerObservation(variances);
        Observed::shared(vec![1.0, 2.0, 3.0], Arc::clone(&all), noise).unwrap().log_likelihood(x)
    };
    // −(0.5²/0.5 + 1²/2 + 0)/2.
    assert!((of(vec![0.5, 2.0, 1.0], &[0.5, 3.0, 3.0]) + 0.5).abs() < 1e-15);
    assert!(of(vec![0.0, 2.0, 1.0], &[1.0, 2.0, 3.0]).abs() < 1e-15);
    assert!(of(vec![0.0, 2.0, 1.0], &[1.1, 2.0, 3.0]) < f64::MIN);
}

/// With no noise at all one field is left, or none.
#[test]
fn an_exact_observation_leaves_the_field_that_it_was_made_from() {
    let first = fields()[..DIM].to_vec();
    let mut y = vec![0.0; COUNT];
    operator().apply(&first, &mut y);
    let observation = |y| Observed::shared(y, operator(), NoiseVariance::Uniform(0.0)).unwrap();
    let method = Conditioned::new(optimal(), &observation(y.clone())).unwrap();
    assert_eq!(method.posterior().moments().unwrap().mean, first);
    y[0] += 1.0;
    let message = Conditioned::new(optimal(), &observation(y)).err().unwrap().to_string();
    assert!(message.contains("found -inf for all"), "{message}");
}
