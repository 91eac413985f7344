//! Many samples of a Gaussian: the optimal denoiser nears the Wiener filter.

use crate::{denoise, over, vjp};
use equipoise_covariance::Modes;
use equipoise_field::Shape;
use equipoise_locality::Optimal;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// x̂ is a ratio of means over n draws, weighted by w ∝ exp(−‖x_t − μx‖²/2σ²): to first order its
/// error is normal with variance Σ w_i²(x_i − x̂)², estimated from the weights themselves. A bound of
/// five of them fails once in two million; the bias is of the order of their square.
#[test]
fn approaches_the_wiener_filter() {
    let (count, level) = (200_000, Level { mu: 0.7, sigma: 0.7 });
    let shape = Shape::new(1, 1, 1, 2);
    // Σ = [[2, 1], [1, 2]] has modes (1, ±1)/√2, λ = 3, 1.
    let h = std::f64::consts::FRAC_1_SQRT_2;
    let modes = Modes::new(2, vec![h, h, h, -h], vec![3.0, 1.0], None).unwrap();
    let wiener = Wiener::new(vec![0.5, -0.5], Arc::new(modes)).unwrap();
    let deviates: Vec<f64> = Stream::new("gaussian").normal(0, 2 * count);
    let values: Vec<f64> = deviates
        .chunks_exact(2)
        .flat_map(|e| {
            let (a, b) = (3f64.sqrt() * e[0], e[1]);
            [0.5 + h * (a + b), -0.5 + h * (a - b)]
        })
        .collect();
    let optimal = Optimal::new(over(shape, values.clone()));
    for x_t in [[0.4, -0.3], [1.5, 0.2], [-1.0, -2.0]] {
        let (found, expected) = (denoise(&optimal, &x_t, level), denoise(&wiener, &x_t, level));
        let weights = optimal.weights(&x_t, level).unwrap();
        for m in 0..2 {
            let terms = weights.iter().zip(values.chunks_exact(2));
            let variance: f64 = terms.map(|(w, x)| (w * (x[m] - found[m])).powi(2)).sum();
            let bound = 5.0 * variance.sqrt();
            assert!(bound < 0.05, "the test would be blind with a bound of {bound}");
            assert!((found[m] - expected[m]).abs() < bound, "{} {} {bound}", found[m], expected[m]);
            let unit = [[1.0, 0.0], [0.0, 1.0]][m];
            let (j, exact) = (vjp(&optimal, &x_t, level, &unit), vjp(&wiener, &x_t, level, &unit));
            for n in 0..2 {
                let product = |x: &[f64]| (x[m] - found[m]) * (x[n] - found[n]);
                let slope = level.mu / level.sigma.powi(2);
                let cov = j[n] / slope;
                let terms = weights.iter().zip(values.chunks_exact(2));
                let variance: f64 = terms.map(|(w, x)| (w * (product(x) - cov)).powi(2)).sum();
                let bound = 5.0 * slope * variance.sqrt();
                assert!(bound < 0.1 && (j[n] - exact[n]).abs() < bound, "{} {} {bound}", j[n], exact[n]);
            }
        }
    }
}
