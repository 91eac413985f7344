//! Errors against what theory says they are.

use crate::made::{flow, frames, settings};
use equipoise_covariance::{Covariance, Modes};
use equipoise_denoising::{Flow, at_ratio, error_curve, expected_error};

/// On draws of its own Gaussian the Wiener filter errs by tr V/D. 4000 training frames leave Σ's 80
/// numbers a block some 2 % off, which enters the error in second order, and the mean of 400 frames has
/// its standard error.
#[test]
fn the_wiener_filter_errs_as_its_model_expects() {
    let flow = flow(4000, 400);
    let denoisers = flow.denoisers(&["wiener".parse().unwrap()]).unwrap();
    let points = error_curve(&flow, &denoisers, &[0.1, 0.5, 2.0, 10.0], 1, &mut || true).unwrap();
    assert_eq!(points.len(), 4);
    for p in points {
        let expected = p.expected.unwrap();
        assert!((p.error - expected).abs() < 4.0 * p.standard_error + 0.02 * expected, "{p:?}");
        // The standard error itself is small enough for that to say something.
        assert!(p.standard_error < 0.02 * expected, "{p:?}");
    }
}

#[test]
fn the_optimal_denoiser_returns_a_training_frame_at_low_noise() {
    let train = frames("train", 40);
    let flow = Flow::new("own", [train.clone(), train], (&settings(), None), 40).unwrap();
    let denoisers = flow.denoisers(&["optimal".parse().unwrap()]).unwrap();
    let points = error_curve(&flow, &denoisers, &[0.02, 100.0], 0, &mut || true).unwrap();
    // Frames lie some √(2D)·2 apart, 1000 σ: every other weight is 0.
    assert_eq!((points[0].error, points[0].recalled), (0.0, Some(1.0)), "{:?}", points[0]);
    assert_eq!(points[1].recalled, Some(0.0), "{:?}", points[1]);
}

#[test]
fn a_run_that_is_stopped_keeps_its_points() {
    let flow = flow(10, 4);
    let denoisers = flow.denoisers(&["wiener".parse().unwrap(), "optimal".parse().unwrap()]).unwrap();
    let points = error_curve(&flow, &denoisers, &[0.1, 1.0], 0, &mut crate::made::before(3)).unwrap();
    assert_eq!(points.len(), 3);
}

/// One mode (3, 4)/5 of λ over a plane of two points, λ_⊥ on the rest; only the second point counts.
#[test]
fn the_expected_error_of_part_of_a_plane_is_the_mean_of_its_variances() {
    let modes = Modes::new(2, vec![0.6f32, 0.8], vec![3.0], Some(0.5)).unwrap();
    let level = at_ratio(2.0);
    // In x_t/μ: v = λρ²/(λ + ρ²).
    let v = |lambda: f64| 4.0 * lambda / (lambda + 4.0);
    let expected = 0.64 * v(3.0) + 0.36 * v(0.5);
    let found = expected_error(&modes, level, &[false, true]).unwrap();
    // Modes are f32.
    assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    let whole = expected_error(&modes, level, &[true, true]).unwrap();
    assert!((whole - (v(3.0) + v(0.5)) / 2.0).abs() < 1e-12 && modes.dim() == 2);
}
