//! Sets so small, and levels so far out, that the answer is known.

use crate::{LEVEL, all, assert_near, denoise, noisy, over, samples, vjp};
use equipoise_denoiser::{Denoiser, Empirical};
use equipoise_field::Shape;
use equipoise_locality::Optimal;
use equipoise_schedule::Level;

const SHAPE: Shape = Shape::new(1, 2, 4, 6);

/// One sample: x̂ = x_1 and J = 0 — but for equivariant ones, which have its shifts too.
#[test]
fn a_single_sample_is_recalled() {
    let x_t = noisy(SHAPE, LEVEL);
    for (name, denoiser) in all(SHAPE, 1).iter().filter(|(name, _)| !name.starts_with("equivariant")) {
        assert_eq!(denoise(denoiser.as_ref(), &x_t, LEVEL), samples(SHAPE, 1), "{name}");
        assert_eq!(vjp(denoiser.as_ref(), &x_t, LEVEL, &x_t), vec![0.0; SHAPE.len()], "{name}");
    }
}

/// Two samples ±a: x̂ = a tanh(μ⟨a, x_t⟩/σ²), V = sech²(…) a aᵀ, J = (μ/σ²) V.
#[test]
fn two_opposite_samples_give_a_tanh() {
    let a = samples(SHAPE, 1);
    let both = a.iter().copied().chain(a.iter().map(|x| -x)).collect();
    let optimal = Optimal::new(over(SHAPE, both));
    let x_t: Vec<f64> = noisy(SHAPE, LEVEL).iter().map(|x| 0.1 * x).collect();
    let slope = LEVEL.mu / LEVEL.sigma.powi(2);
    let dot = |b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let angle = slope * dot(&x_t);
    assert!(angle.abs() > 0.05 && angle.abs() < 3.0, "the test would be blind at {angle}");
    let scaled = |c: f64| a.iter().map(|a| c * a).collect::<Vec<f64>>();
    assert_near("x̂", &denoise(&optimal, &x_t, LEVEL), &scaled(angle.tanh()), 1e-14);
    let v: Vec<f64> = (0..x_t.len()).map(|i| (0.7 * i as f64).sin()).collect();
    let spread = angle.cosh().powi(-2) * dot(&v);
    assert_near("Jᵀv", &vjp(&optimal, &x_t, LEVEL, &v), &scaled(slope * spread), 1e-13);
    let mut covered = vec![f64::NAN; x_t.len()];
    optimal.covariance(&x_t, LEVEL, &v, &mut covered).unwrap();
    assert_near("Vv", &covered, &scaled(spread), 1e-13);
}

/// Two samples ±a of which y = x_0 + sη was seen: the odds are exp(2 y a_0/s²), so that
/// x̂_y = a tanh(μ⟨a, x_t⟩/σ² + y a_0/s²), and without an x_t the mean a tanh(y a_0/s²).
#[test]
fn an_observation_changes_the_odds_of_two_samples() {
    let a = samples(SHAPE, 1);
    let both = a.iter().copied().chain(a.iter().map(|x| -x)).collect();
    let optimal = Optimal::new(over(SHAPE, both));
    let (y, noise) = (0.3, 0.6);
    let given = optimal.given(&|x: &[f64]| -(y - x[0]).powi(2) / (2.0 * noise * noise)).unwrap();
    let odds = y * a[0] / (noise * noise);
    assert!(odds.abs() > 0.05 && odds.abs() < 3.0, "the test would be blind at {odds}");
    let x_t: Vec<f64> = noisy(SHAPE, LEVEL).iter().map(|x| 0.1 * x).collect();
    let along: f64 = a.iter().zip(&x_t).map(|(a, x)| a * x).sum();
    let angle = LEVEL.mu / LEVEL.sigma.powi(2) * along + odds;
    let scaled = |c: f64| a.iter().map(|a| c * a).collect::<Vec<f64>>();
    assert_near("x̂ given y", &denoise(given.as_ref(), &x_t, LEVEL), &scaled(angle.tanh()), 1e-13);
    let moments = given.moments().unwrap();
    assert_near("mean", &moments.mean, &scaled(odds.tanh()), 1e-13);
    let variance: Vec<f64> = a.iter().map(|a| (a / odds.cosh()).powi(2)).collect();
    assert_near("variance", &moments.variance, &variance, 1e-13);
    // A second observation of the same kind multiplies the odds again.
    let twice = given.given(&|x: &[f64]| -(y - x[0]).powi(2) / (2.0 * noise * noise)).unwrap();
    assert_near("mean given both", &twice.moments().unwrap().mean, &scaled((2.0 * odds).tanh()), 1e-13);
}

#[test]
fn what_is_ruled_out_is_out_and_something_must_be_left() {
    let optimal = Optimal::new(over(SHAPE, samples(SHAPE, 3)));
    let first = samples(SHAPE, 1);
    let only = |x: &[f64]| if x == first { 0.0 } else { f64::NEG_INFINITY };
    let given = optimal.given(&only).unwrap();
    assert_eq!(given.moments().unwrap().mean, first);
    assert_eq!(given.moments().unwrap().variance, vec![0.0; given.dim()]);
    let fault = |likelihood: f64| optimal.given(&|_: &[f64]| likelihood).err().unwrap().to_string();
    for (likelihood, found) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let expected =
            format!("log-likelihood of training sample 0: found {found}, expected a number below infinity");
        assert!(fault(likelihood).ends_with(&expected), "{}", fault(likelihood));
    }
    let expected = "found -inf for all 3 training samples, expected one that the observation allows";
    assert!(fault(f64::NEG_INFINITY).ends_with(expected), "{}", fault(f64::NEG_INFINITY));
}

/// Far above all distances every sample weighs the same.
#[test]
fn noise_without_bound_leaves_the_mean() {
    let (count, level) = (9, Level { mu: 1.0, sigma: 1e8 });
    let x_t = noisy(SHAPE, LEVEL);
    let values = samples(SHAPE, count);
    let mean: Vec<f64> = (0..SHAPE.len())
        .map(|n| values.chunks(SHAPE.len()).map(|x| x[n]).sum::<f64>() / count as f64)
        .collect();
    for (name, denoiser) in all(SHAPE, count).iter().filter(|(name, _)| !name.starts_with("equivariant")) {
        // Logits are of the order D/σ² = 1e-14.
        assert_near(name, &denoise(denoiser.as_ref(), &x_t, level), &mean, 1e-13);
    }
}

/// Without noise the nearest sample has all the weight, far from any and with logits of 1e12 too.
#[test]
fn no_noise_leaves_the_nearest_sample() {
    let level = Level { mu: 1.0, sigma: 1e-6 };
    let values = samples(SHAPE, 9);
    let fourth = &values[4 * SHAPE.len()..5 * SHAPE.len()];
    let near: Vec<f64> = fourth.iter().map(|x| x + 1e-3).collect();
    for (name, denoiser) in all(SHAPE, 9) {
        // A shift of the samples may come nearer to a single patch than the sample itself.
        if name.starts_with("equivariant") {
            continue;
        }
        assert_near(name, &denoise(denoiser.as_ref(), &near, level), fourth, 1e-14);
    }
}

#[test]
fn lengths_are_checked() {
    let mut out = vec![0.0; SHAPE.len()];
    for (name, denoiser) in all(SHAPE, 2) {
        let error = denoiser.denoise(&[1.0], LEVEL, &mut out).unwrap_err().to_string();
        assert_eq!(error, "x_t: found length 1, expected 48", "{name}");
        let error = denoiser.vjp(&noisy(SHAPE, LEVEL), LEVEL, &[], &mut out).unwrap_err().to_string();
        assert_eq!(error, "v: found length 0, expected 48", "{name}");
    }
}
