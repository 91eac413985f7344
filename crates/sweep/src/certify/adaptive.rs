//! The factors of the adaptive law along the forward process of the truth.

use crate::{Boxed, Flow};
use equipoise_experiment::member;
use equipoise_field::{each, sum};
use equipoise_guidance::{Scratch, Strength};
use equipoise_scaling::adaptive;
use equipoise_solver::{Inference, Method, Recipe};
use equipoise_stability::Course;

/// ξ‖ε̂‖/‖σg‖ at x_t = μx + σε for every time of the course, ε being the start noise of member 0.
pub(super) fn factors(
    flow: &Flow,
    seed: u64,
    course: &Course,
    inference: &Inference<f32>,
    strength: &Strength,
) -> Boxed<Vec<f64>> {
    let plain = Strength { adaptive: None, ..strength.clone() };
    let guidance = inference.guidance(&Recipe::from(Method::SDA), Some(&plain))?;
    let noise: Vec<f32> = member(flow, seed, 0).start.normal(0, flow.shape().len());
    let (mut x_t, mut g) = (vec![0.0f32; noise.len()], vec![0.0f32; noise.len()]);
    let mut scratch = Scratch::new();
    let xi = strength.adaptive.unwrap_or(adaptive::XI);
    course
        .levels()
        .iter()
        .map(|&level| {
            let (mu, sigma) = (level.mu as f32, level.sigma as f32);
            each::map2(&mut x_t, flow.truth(), &noise, |x, e| mu * x + sigma * e);
            let norm = guidance.gradient(&x_t, level, &mut g, &mut scratch)?.guidance_norm;
            let x_hat = scratch.x_hat();
            let square = |i: usize| f64::from(x_t[i] - mu * x_hat[i]).powi(2);
            let prior_norm = sum::of(x_t.len(), square).sqrt() / level.sigma;
            Ok(adaptive::factor(xi, prior_norm, level.sigma * norm))
        })
        .collect()
}
