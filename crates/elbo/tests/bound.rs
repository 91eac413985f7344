//! The bound against joint Gaussians and entropies.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use equipoise_elbo::gaussian::{Modes, negative_log_density, terms};
use equipoise_elbo::{ReverseVariance, rate_distortion};
use equipoise_schedule::Ddpm;

const BOTH: [ReverseVariance; 2] = [ReverseVariance::Forward, ReverseVariance::Posterior];

/// Lower Cholesky factor of a small matrix.
fn cholesky(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let n = a.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let rest = a[i][j] - (0..j).map(|k| l[i][k] * l[j][k]).sum::<f64>();
            l[i][j] = if i == j { rest.sqrt() } else { rest / l[j][j] };
        }
    }
    l
}

/// KL(N(a, A) ‖ N(b, B)) by Cholesky factors.
fn divergence(a: &[f64], cov_a: &[Vec<f64>], b: &[f64], cov_b: &[Vec<f64>]) -> f64 {
    let (n, l, m) = (a.len(), cholesky(cov_b), cholesky(cov_a));
    let whiten = |v: Vec<f64>| {
        let mut out = v;
        for i in 0..n {
            out[i] = (out[i] - (0..i).map(|k| l[i][k] * out[k]).sum::<f64>()) / l[i][i];
        }
        out.iter().map(|v| v * v).sum::<f64>()
    };
    let shift = whiten(a.iter().zip(b).map(|(a, b)| b - a).collect());
    let trace: f64 = (0..n).map(|j| whiten((0..n).map(|i| m[i][j]).collect())).sum();
    let logs: f64 = (0..n).map(|i| (l[i][i] / m[i][i]).ln()).sum();
    0.5 * (trace + shift - n as f64) + logs
}

/// Mean and covariance of (x_0 … x_T) of one mode: x_next = f x + c + N(0, v), from one end.
fn chain(start: (f64, f64), steps: &[(f64, f64, f64)]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = steps.len() + 1;
    let (mut mean, mut cov) = (vec![start.0], vec![vec![0.0; n]; n]);
    cov[0][0] = start.1;
    for (i, &(factor, shift, variance)) in steps.iter().enumerate() {
        mean.push(factor * mean[i] + shift);
        for j in 0..=i {
            cov[i + 1][j] = factor * cov[i][j];
            cov[j][i + 1] = cov[i + 1][j];
        }
        cov[i + 1][i + 1] = factor * factor * cov[i][i] + variance;
    }
    (mean, cov)
}

/// Over x_0 ~ q the bound exceeds the entropy by KL(q(x_0…x_T) ‖ p(x_0…x_T)): both are Gaussian chains.
#[test]
fn the_expected_gap_is_the_divergence_of_the_chains() {
    for schedule in [Ddpm::linear(0.05, 0.4, 6).unwrap(), Ddpm::cosine(5).unwrap()] {
        for variance in BOTH {
            for (lambda, mean) in [(0.3, 0.0), (4.0, -1.5), (1.0, 0.7)] {
                let modes = Modes { eigenvalues: &[lambda], mean: &[mean], deviation: None };
                let bound = terms(&schedule, variance, modes).unwrap().total();
                let gap = bound - negative_log_density(modes).unwrap();
                let forward: Vec<_> = (1..=schedule.steps())
                    .map(|t| (schedule.alpha(t).sqrt(), 0.0, schedule.beta(t)))
                    .collect();
                let q = chain((mean, lambda), &forward);
                let backward: Vec<_> = (1..=schedule.steps())
                    .rev()
                    .map(|t| {
                        let (level, reverse) = (schedule.level(t), schedule.reverse(t));
                        let gain = level.mu * lambda / (level.mu.powi(2) * lambda + level.sigma.powi(2));
                        let shift = reverse.clean * mean * (1.0 - gain * level.mu);
                        (reverse.clean * gain + reverse.noisy, shift, variance.at(&schedule, t))
                    })
                    .collect();
                let (mut p_mean, p_cov) = chain((0.0, 1.0), &backward);
                p_mean.reverse();
                let p_cov: Vec<Vec<f64>> =
                    p_cov.into_iter().rev().map(|row| row.into_iter().rev().collect()).collect();
                let expected = divergence(&q.0, &q.1, &p_mean, &p_cov);
                assert!((gap - expected).abs() < 1e-10 * (1.0 + expected), "{variance:?}: {gap} {expected}");
                assert!(gap > 0.0);
            }
        }
    }
}

/// With σ_t² = β_t the gap is c/T + O(1/T²), to which L_T ~ e^{−10} adds nothing. With β̃_t a gap remains: where
/// 1 − ᾱ_t is a few β_t, Cov[x_{t−1} | x_t] is not that of a known x_0, however short the steps.
#[test]
fn the_gap_closes_with_the_number_of_steps_under_the_forward_variance() {
    let modes = Modes { eigenvalues: &[0.5, 1.0, 2.0], mean: &[0.0, 0.3, -0.2], deviation: None };
    let entropy = negative_log_density(modes).unwrap();
    let gap = |variance, steps: usize| {
        let scale = 1000.0 / steps as f64;
        let schedule = Ddpm::linear(1e-4 * scale, 0.02 * scale, steps).unwrap();
        terms(&schedule, variance, modes).unwrap().total() - entropy
    };
    let [coarse, fine] = [4000, 8000].map(|steps| gap(ReverseVariance::Forward, steps));
    assert!(fine > 0.0 && (1.8..2.2).contains(&(coarse / fine)), "{coarse} {fine}");
    // At t = 1 alone: KL of N(0, β_1) from N(0, β̃_2) in three dimensions, β_1/β̃_2 = 1 + β_1/β_2 to first order.
    let ratio: f64 = 1.0 + 1e-4 / (1e-4 + 0.0199 / 7999.0);
    let remains = 1.5 * (ratio - 1.0 - ratio.ln());
    assert!(gap(ReverseVariance::Posterior, 8000) > remains);
}

/// A denoiser that is wrong can only loosen the bound in the mean over x_0.
#[test]
fn another_denoiser_has_a_larger_error() {
    let schedule = Ddpm::linear(0.01, 0.3, 15).unwrap();
    let modes = Modes { eigenvalues: &[3.0], mean: &[0.0], deviation: None };
    let exact = terms(&schedule, ReverseVariance::Posterior, modes).unwrap();
    for t in 1..=15 {
        let level = schedule.level(t);
        // x̂ = 0.9·(Wiener): E‖x − x̂‖² by hand.
        let gain = 0.9 * level.mu * 3.0 / (level.mu.powi(2) * 3.0 + level.sigma.powi(2));
        let error = (1.0 - gain * level.mu).powi(2) * 3.0 + gain * gain * level.sigma.powi(2);
        assert!(exact.squared_errors[t - 1] < error);
    }
}

#[test]
fn the_curve_ends_with_all_but_the_last_step() {
    let schedule = Ddpm::published();
    let (eigenvalues, mean) = ([9.0, 1.0, 0.1], [0.0; 3]);
    let modes = Modes { eigenvalues: &eigenvalues, mean: &mean, deviation: None };
    let exact = terms(&schedule, ReverseVariance::Posterior, modes).unwrap();
    let curve = rate_distortion(&exact);
    assert_eq!((curve.len(), curve[0].step, curve[999].step), (1000, 1000, 1));
    assert!(curve.windows(2).all(|p| p[1].rate > p[0].rate && p[1].distortion < p[0].distortion));
    let all = exact.bits_per_dimension(exact.total() - exact.reconstruction);
    assert!((curve[999].rate - all).abs() < 1e-9 * all.abs());
    // At x_T next to nothing is known: the distortion is the prior's deviation, short of ᾱ_T = 4e-5.
    let deviation = (10.1f64 / 3.0).sqrt();
    assert!((curve[0].distortion / deviation - 1.0).abs() < 4.1e-5 * 9.0);
    // No code beats the rate–distortion function of the Gaussian (reverse water-filling; Cover and
    // Thomas, theorem 10.3.3).
    for point in curve.iter().step_by(50) {
        let budget = 3.0 * point.distortion.powi(2);
        let (mut low, mut high) = (0.0, 9.0);
        for _ in 0..200 {
            let water: f64 = 0.5 * (low + high);
            let filled: f64 = eigenvalues.iter().map(|l| l.min(water)).sum();
            if filled < budget { low = water } else { high = water }
        }
        let limit: f64 = eigenvalues.iter().map(|l| 0.5 * (l / low.min(*l)).log2()).sum::<f64>() / 3.0;
        assert!(point.rate >= limit - 1e-9, "t = {}: {} below {limit}", point.step, point.rate);
    }
}

#[test]
fn bad_input_is_named() {
    let schedule = Ddpm::cosine(3).unwrap();
    let modes = Modes { eigenvalues: &[1.0, 0.0], mean: &[0.0; 2], deviation: None };
    let error = terms(&schedule, ReverseVariance::Forward, modes).unwrap_err();
    assert_eq!(error.to_string(), "eigenvalue 1: found 0, expected a finite number above 0");
    let modes = Modes { eigenvalues: &[1.0], mean: &[0.0; 2], deviation: None };
    let error = negative_log_density(modes).unwrap_err();
    assert_eq!(error.to_string(), "mean: found length 2, expected 1");
}

#[test]
fn the_last_step_takes_the_second_posterior_variance() {
    let schedule = Ddpm::published();
    let second = schedule.reverse(2).variance;
    assert_eq!(ReverseVariance::Posterior.at(&schedule, 1).to_bits(), second.to_bits());
    assert_eq!(ReverseVariance::Forward.at(&schedule, 1).to_bits(), schedule.beta(1).to_bits());
}
