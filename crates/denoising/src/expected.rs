//! The error that a Gaussian model expects of its own Wiener filter.

use equipoise_covariance::{Covariance, Structure};
use equipoise_field::{Real, sum};
use equipoise_schedule::Level;
use equipoise_wiener::gain;

/// Σ_n V_nn over the included entries, divided by their number, V = Cov[x | x_t] = U diag(σ²λ/(μ²λ + σ²)) Uᵀ.
///
/// With every entry included it is tr V/D. `included` holds one flag for each grid point; it may leave
/// points out of explicit modes only, else there is no answer.
pub fn expected_error(covariance: &dyn Covariance<f32>, level: Level, included: &[bool]) -> Option<f64> {
    let variance = |lambda: f64| gain::covariance(level, lambda);
    if included.iter().all(|i| *i) {
        return Some(covariance.trace(&variance) / covariance.dim() as f64);
    }
    let Structure::Modes(modes) = covariance.structure() else { return None };
    let count = covariance.dim() / included.len() * included.iter().filter(|i| **i).count();
    let rest = covariance.complement().map_or(0.0, variance);
    let share = |i: usize| {
        let mode = modes.mode(i);
        sum::of(mode.len(), |n| if included[n % included.len()] { mode[n].wide().powi(2) } else { 0.0 })
    };
    let above: f64 =
        covariance.eigenvalues().iter().enumerate().map(|(i, &l)| (variance(l) - rest) * share(i)).sum();
    Some(above / count as f64 + rest)
}
