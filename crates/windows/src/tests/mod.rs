//! What costs, runs and choices keep to.

mod chain;
mod golden;
mod runs;

use crate::{Series, Windows};
use equipoise_composition::Fold;
use ndarray::Array2;

/// Windows of 2k + 1 frames as SDA folds them.
fn centre(k: usize) -> Windows {
    Windows { window: 2 * k + 1, fold: Fold::Centre }
}

fn windows(window: usize, fold: &str) -> Windows {
    Windows { window, fold: fold.parse().unwrap() }
}

/// (z_τ, z_{τ−1}) of the AR(2) sequence z_τ = 1.5 z_{τ−1} − 0.7 z_{τ−2} + η, η ~ N(0, 1), each with white noise of
/// variance 0.1: 13 frames. Its lags are those of the Yule–Walker equations.
fn oscillating() -> Series {
    const FRAMES: usize = 13;
    let (a, b) = (1.5, -0.7);
    let variance = (1.0 - b) / ((1.0 + b) * ((1.0f64 - b).powi(2) - a * a));
    let mut g = vec![variance, a / (1.0 - b) * variance];
    (2..FRAMES + 2).for_each(|l| g.push(a * g[l - 1] + b * g[l - 2]));
    let lag = |l: usize| {
        let white = |i: usize, j: usize| if l == 0 && i == j { 0.1 } else { 0.0 };
        Array2::from_shape_fn((2, 2), |(i, j)| g[(l + j).abs_diff(i)] + white(i, j))
    };
    Series::new((0..FRAMES).map(lag).collect(), 1.0).unwrap()
}

fn near(found: f64, expected: f64, share: f64, what: &str) {
    assert!((found - expected).abs() <= share * expected.abs(), "{what}: found {found}, expected {expected}");
}
