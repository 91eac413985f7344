//! Planted correlations whose response is known.

use crate::made::flow;
use equipoise_covariance::Modes;
use equipoise_denoiser::Denoiser;
use equipoise_denoising::{Coarse, Planting, at_ratio, lines, response_by_differences};
use equipoise_field::Shape;
use equipoise_locality::{Memory, Optimal, Training};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// x_A = ξ, x_B = η + aξ with ξ, η ~ N(0, 1). In x_t/μ the Wiener filter is Σ(Σ + ρ²I)⁻¹ with
/// Σ = [[1, a], [a, 1 + a²]], whose entry BA is aρ²/det, det = (1 + ρ²)(1 + a² + ρ²) − a².
fn exact(a: f64, ratio: f64) -> f64 {
    let noise = ratio * ratio;
    a * noise / ((1.0 + noise) * (1.0 + a * a + noise) - a * a)
}

/// Of the Gaussian itself, and of the exact posterior mean over 40,000 of its draws.
#[test]
fn two_points_respond_as_their_gaussian_does() {
    let (a, ratio): (f64, f64) = (0.8, 1.0);
    let level = at_ratio(ratio);
    // Σ's eigenvectors by the angle of its axes.
    let angle = 0.5 * (2.0 * a).atan2(1.0 - (1.0 + a * a));
    let (c, s) = (angle.cos(), angle.sin());
    let along = |u: [f64; 2]| u[0] * u[0] + 2.0 * a * u[0] * u[1] + (1.0 + a * a) * u[1] * u[1];
    let modes = [c, s, -s, c].map(|u| u as f32).to_vec();
    let modes = Modes::new(2, modes, vec![along([c, s]), along([-s, c])], None).unwrap();
    let wiener = Wiener::new(vec![0.0f32; 2], Arc::new(modes)).unwrap();
    let of = |denoiser: &dyn Denoiser<f32>| {
        response_by_differences(denoiser, &[0.3, -0.2], level, &[0], &[1]).unwrap()
    };
    // f32 over a step of 0.02: 1e-5.
    assert!((of(&wiener) - exact(a, ratio)).abs() < 1e-4, "{} {}", of(&wiener), exact(a, ratio));

    let white: Vec<f64> = Stream::new("pair").normal(0, 80_000);
    let drawn = white.chunks(2).flat_map(|z| [z[0] as f32, (z[1] + a * z[0]) as f32]).collect();
    let training = Training::new(Shape::new(1, 1, 1, 2), Arc::new(Memory::new(drawn, 2).unwrap())).unwrap();
    // A covariance over some 10,000 draws that weigh in: a few per cent of the variances, here below 1.
    let found = of(&Optimal::new(training));
    assert!((found - exact(a, ratio)).abs() < 0.03, "{found} {}", exact(a, ratio));
}

/// Patches that cannot see A do not respond to it; the Wiener filter responds the more the stronger the
/// planting, and by differences as its Jacobian says.
#[test]
fn only_who_sees_the_far_patch_responds() {
    let flow = flow(200, 2);
    let coarse = Coarse::of(&flow).unwrap();
    assert_eq!((coarse.shape(), coarse.count(), coarse.states()), (flow.shape(), 4 * 200, 2));
    let names = ["wiener", "local:1", "optimal"].map(|name| name.parse().unwrap());
    let planting = Planting { strengths: vec![0.0, 1.0, 2.0], ratios: vec![1.0], seed: 0 };
    let found = coarse.responses(&names, &planting, &mut || true).unwrap();
    assert_eq!(found.len(), 9);
    for r in &found {
        match r.denoiser.base() {
            // As for two points, relative to a response of some tenths.
            "wiener" => assert!((r.response - r.wiener).abs() < 1e-3, "{r:?}"),
            "local" => assert!(r.response == 0.0, "{r:?}"),
            _ => {}
        }
    }
    let lines = lines(&found);
    assert_eq!(lines.len(), 3);
    // Four cells of A act on each of B's; without planting only sampling noise of 800 frames is there.
    assert!(lines[0].slope > 0.05 && lines[0].intercept.abs() < 0.05, "{:?}", lines[0]);
    assert!(lines[1].slope == 0.0 && lines[1].r_squared.is_nan(), "{:?}", lines[1]);
}
