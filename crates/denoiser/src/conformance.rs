//! The suite that every denoiser passes.

use crate::Denoiser;
use equipoise_field::{Real, sum};
use equipoise_schedule::Level;

/// Checks a denoiser at one x_t: outputs overwrite their buffers, and ⟨v, (x̂(x_t + hw) − x̂(x_t − hw))/2h⟩
/// = ⟨Jᵀv, w⟩ for a few directions, relative to ‖Jᵀv‖‖w‖ within `tolerance`.
///
/// The central difference itself errs by O(h²) with h = ε^{1/3}·‖x_t‖/√D and by rounding ε^{2/3}; choose
/// `tolerance` above that, about 1e-8 in `f64` and 1e-2 in `f32`.
///
/// # Panics
/// If an identity fails; this is a test suite.
pub fn check_denoiser<R: Real>(denoiser: &dyn Denoiser<R>, x_t: &[R], level: Level, tolerance: f64) {
    let dim = denoiser.dim();
    let denoise = |x: &[R]| {
        let mut out = vec![R::nan(); dim];
        denoiser.denoise(x, level, &mut out).expect("denoise failed");
        assert!(out.iter().all(|v| v.is_finite()), "denoise leaves numbers that are not finite");
        out
    };
    let scale = (sum::norm(x_t) / (dim as f64).sqrt()).max(level.sigma);
    let h = R::epsilon().wide().cbrt() * scale;
    for probe in 0..3 {
        let direction = |shift: f64| -> Vec<R> {
            (0..dim).map(|i| R::narrow((2.1 * i as f64 + shift + f64::from(probe)).sin())).collect()
        };
        let (v, w) = (direction(0.3), direction(1.9));
        let moved = |sign: f64| -> Vec<R> {
            x_t.iter().zip(&w).map(|(x, w)| R::narrow(x.wide() + sign * h * w.wide())).collect()
        };
        let (ahead, behind) = (denoise(&moved(1.0)), denoise(&moved(-1.0)));
        let slope = (sum::dot(&v, &ahead) - sum::dot(&v, &behind)) / (2.0 * h);
        let mut product = vec![R::nan(); dim];
        denoiser.vjp(x_t, level, &v, &mut product).expect("vjp failed");
        let found = sum::dot(&product, &w);
        let bound = tolerance * sum::norm(&product).max(R::epsilon().wide()) * sum::norm(&w);
        assert!((found - slope).abs() <= bound, "⟨Jᵀv, w⟩ = {found}, by differences {slope}, bound {bound}");
    }
}
