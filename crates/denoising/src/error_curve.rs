//! Denoising error against noise level.

use crate::expected::expected_error;
use crate::{Flow, Named, Result, at_ratio};
use equipoise_field::{each, sum};
use equipoise_metrics::{Inclusion, rmse};
use equipoise_prior::DenoiserName;

/// A weight above which a denoiser is said to recall one training window.
pub const RECALLED: f64 = 0.99;

/// The error of one denoiser at one level, in normalised units.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorPoint {
    /// The denoiser.
    pub denoiser: DenoiserName,
    /// σ/μ.
    pub ratio: f64,
    /// Mean of ‖x̂ − x‖²/D over held-out windows, D counting the fluid's entries.
    pub error: f64,
    /// Standard deviation over windows divided by √(windows − 1): too small where windows are
    /// correlated, as those of one trajectory are. NaN for one window.
    pub standard_error: f64,
    /// E‖x̂ − x‖²/D under the denoiser's own model, for the Wiener filter.
    pub expected: Option<f64>,
    /// Share of the windows at which the largest weight exceeds [`RECALLED`], where x̂ is their weighted mean.
    pub recalled: Option<f64>,
}

/// The error of every denoiser at every level: x_t has the same noise for all, and at all levels.
///
/// `go_on` is asked after each point whether to begin another; the points so far are returned.
///
/// # Errors
/// [`DenoisingError`](crate::DenoisingError) of a denoiser.
pub fn error_curve(
    flow: &Flow,
    denoisers: &[Named],
    ratios: &[f64],
    seed: u64,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<ErrorPoint>> {
    let mut points = Vec::with_capacity(denoisers.len() * ratios.len());
    for named in denoisers {
        for &ratio in ratios {
            points.push(point(flow, named, ratio, seed)?);
            if !go_on() {
                return Ok(points);
            }
        }
    }
    Ok(points)
}

fn point(flow: &Flow, named: &Named, ratio: f64, seed: u64) -> Result<ErrorPoint> {
    let level = at_ratio(ratio);
    let windows = flow.held_out();
    let of = |i: usize| -> Result<(f64, Option<f64>)> {
        let x_t = flow.noised(&windows[i], level, seed);
        let mut x_hat = vec![0.0; x_t.len()];
        named.known.denoiser().denoise(&x_t, level, &mut x_hat)?;
        let error = rmse(&x_hat, &windows[i].x, Inclusion::Plane(flow.included()))?.powi(2);
        let weights = named.known.weights(&x_t, level)?;
        Ok((error, weights.map(|weights| weights.into_iter().fold(0.0, f64::max))))
    };
    let found = each::made(windows.len(), of).into_iter().collect::<Result<Vec<_>>>()?;
    let errors: Vec<f64> = found.iter().map(|f| f.0).collect();
    let weights: Vec<f64> = found.iter().filter_map(|f| f.1).collect();
    let recalled = weights.iter().filter(|w| **w > RECALLED).count();
    let wiener = named.known.wiener();
    let expected =
        wiener.and_then(|wiener| expected_error(&**wiener.prior_covariance(), level, flow.included()));
    Ok(ErrorPoint {
        denoiser: named.name.clone(),
        ratio,
        error: sum::mean(&errors),
        standard_error: sum::std(&errors) / (errors.len() as f64 - 1.0).sqrt(),
        expected,
        recalled: (!weights.is_empty()).then(|| recalled as f64 / weights.len() as f64),
    })
}
