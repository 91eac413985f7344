//! The laws of the denoisers over a training set.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]
#![allow(clippy::float_cmp, reason = "bits are what is compared")]

mod bits;
mod closed_forms;
mod equalities;
mod fields;
mod flows;
mod gaussian;
mod jacobians;
mod masks;

use equipoise_covariance::{Covariance, Stationary, fit_stationary};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Boundary, Real, Shape, sum};
use equipoise_locality::{Memory, Optimal, Patch, Pixelwise, Training};
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::sync::Arc;

const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };

/// `count` smooth samples: normal deviates averaged over 3 × 3 points around the torus.
fn samples(shape: Shape, count: usize) -> Vec<f64> {
    let noise: Vec<f64> = Stream::new("locality").number(shape.len() as u64).normal(0, count * shape.len());
    let mut smooth = vec![0.0; noise.len()];
    for (n, out) in smooth.iter_mut().enumerate() {
        let (sample, at) = (n / shape.len(), n % shape.len());
        let (t, c, h, w) = shape.position(at);
        for (dh, dw) in (0..3).flat_map(|dh| (0..3).map(move |dw| (dh, dw))) {
            let from = shape.index(t, c, (h + dh) % shape.height, (w + dw) % shape.width);
            *out += noise[sample * shape.len() + from] / 3.0;
        }
    }
    smooth
}

fn training(shape: Shape, count: usize) -> Training<f64> {
    over(shape, samples(shape, count))
}

fn over<R: Real>(shape: Shape, values: Vec<R>) -> Training<R> {
    Training::new(shape, Arc::new(Memory::new(values, shape.len()).unwrap())).unwrap()
}

fn stationary<R: Real>(shape: Shape, values: &[R]) -> Arc<Stationary<R>> {
    let views: Vec<&[R]> = values.chunks(shape.len()).collect();
    Arc::new(fit_stationary(shape, &views, 1e-3).unwrap().1)
}

/// Every denoiser of the crate over the same samples.
fn all<R: Real>(shape: Shape, count: usize) -> Vec<(&'static str, Box<dyn Denoiser<R>>)> {
    let values: Vec<R> = samples(shape, count).into_iter().map(R::narrow).collect();
    let (covariance, set) = (stationary(shape, &values), over(shape, values));
    let wrapped = Patch::square(1, Boundary::Periodic);
    let cut = Patch::square(1, Boundary::Open);
    let masked = |threshold| {
        let covariance = Arc::clone(&covariance) as Arc<dyn Covariance<R>>;
        Box::new(Pixelwise::locality(set.clone(), covariance, threshold).unwrap())
    };
    vec![
        ("optimal", Box::new(Optimal::new(set.clone()))),
        ("local, periodic", Box::new(Pixelwise::local(set.clone(), wrapped))),
        ("local, clipped", Box::new(Pixelwise::local(set.clone(), cut))),
        ("equivariant", Box::new(Pixelwise::equivariant_local(&set, wrapped, [1, 2]).unwrap())),
        ("equivariant, clipped", Box::new(Pixelwise::equivariant_local(&set, cut, [2, 1]).unwrap())),
        ("locality, hard", masked(0.1)),
        ("locality, soft", masked(0.0)),
    ]
}

fn denoise<R: Real>(denoiser: &dyn Denoiser<R>, x_t: &[R], level: Level) -> Vec<R> {
    let mut out = vec![R::nan(); x_t.len()];
    denoiser.denoise(x_t, level, &mut out).unwrap();
    out
}

fn vjp<R: Real>(denoiser: &dyn Denoiser<R>, x_t: &[R], level: Level, v: &[R]) -> Vec<R> {
    let mut out = vec![R::nan(); x_t.len()];
    denoiser.vjp(x_t, level, v, &mut out).unwrap();
    out
}

/// x_t = μx + σε for a fresh smooth x, near enough to the samples that many of them weigh in.
fn noisy(shape: Shape, level: Level) -> Vec<f64> {
    let fresh = &samples(shape, 64)[63 * shape.len()..];
    let noise: Vec<f64> = Stream::new("noise").normal(0, shape.len());
    fresh.iter().zip(&noise).map(|(x, e)| level.mu * x + level.sigma * e).collect()
}

/// ‖a − b‖ ≤ bound·(1 + ‖b‖).
fn assert_near(what: &str, a: &[f64], b: &[f64], bound: f64) {
    let error = sum::squared_distance(a, b).sqrt();
    assert!(error <= bound * (1.0 + sum::norm(b)), "{what}: differs by {error}, bound {bound}");
}
