//! Windows of a scalar AR(1) sequence, each with its exact posterior mean: how far the composite is from that of
//! the whole. All figures are of 40 frames, and were computed independently, to three places.

use crate::{Composition, Fold};
use equipoise_denoiser::{Denoiser, DenoiserError, asymmetry};
use equipoise_field::sum;
use equipoise_schedule::Level;
use equipoise_stream::Stream;
use std::f64::consts::PI;
use std::sync::Arc;

const FRAMES: usize = 40;

/// x ~ N(0, Σ), Σ_ij = ρ^|i−j|: J = μΣ(μ²Σ + σ²I)⁻¹.
#[derive(Clone, Copy)]
struct Chain {
    rho: f64,
    len: usize,
}

impl Chain {
    fn covariance(self, i: usize, j: usize) -> f64 {
        self.rho.powi(i.abs_diff(j) as i32)
    }

    /// Column `column` of J, which is a row too.
    fn gain(self, level: Level, column: usize) -> Vec<f64> {
        let n = self.len;
        let mut matrix: Vec<Vec<f64>> =
            (0..n).map(|i| (0..n).map(|j| level.mu.powi(2) * self.covariance(i, j)).collect()).collect();
        (0..n).for_each(|i| matrix[i][i] += level.sigma.powi(2));
        let right = (0..n).map(|i| level.mu * self.covariance(i, column)).collect();
        solve(matrix, right)
    }

    fn product(self, level: Level, v: &[f64], out: &mut [f64]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = sum::dot(&self.gain(level, i), v);
        }
    }
}

/// Elimination of a positive definite matrix, which needs no pivots.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for k in 0..n {
        for i in k + 1..n {
            let factor = matrix[i][k] / matrix[k][k];
            for j in k..n {
                matrix[i][j] -= factor * matrix[k][j];
            }
            right[i] -= factor * right[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| matrix[k][j] * right[j]).sum();
        right[k] = (right[k] - known) / matrix[k][k];
    }
    right
}

impl Denoiser<f64> for Chain {
    fn dim(&self) -> usize {
        self.len
    }
    fn denoise(&self, x: &[f64], level: Level, out: &mut [f64]) -> Result<(), DenoiserError> {
        self.product(level, x, out);
        Ok(())
    }
    fn vjp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.product(level, v, out);
        Ok(())
    }
    fn jvp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
        self.product(level, v, out);
        Ok(())
    }
}

fn composed(rho: f64, k: usize) -> Composition<f64> {
    let window = Arc::new(Chain { rho, len: 2 * k + 1 });
    Composition::new(window, 1, FRAMES, Fold::Centre).unwrap()
}

fn level(ratio: f64) -> Level {
    Level { mu: 0.5, sigma: 0.5 * ratio }
}

/// Rows of J.
fn rows(denoiser: &dyn Denoiser<f64>, level: Level) -> Vec<Vec<f64>> {
    let unit = |m: usize| (0..FRAMES).map(|i| f64::from(u8::from(i == m))).collect::<Vec<_>>();
    let row = |m| {
        let mut row = vec![f64::NAN; FRAMES];
        denoiser.vjp(&[0.0; FRAMES], level, &unit(m), &mut row).unwrap();
        row
    };
    (0..FRAMES).map(row).collect()
}

/// tr E(x̂ − x)(x̂ − x)ᵀ = tr(I − μJ)Σ(I − μJ)ᵀ + σ²‖J‖².
fn square_error(chain: Chain, j: &[Vec<f64>], level: Level) -> f64 {
    let mut total = 0.0;
    for (m, row) in j.iter().enumerate() {
        let left: Vec<f64> = (0..FRAMES).map(|i| f64::from(u8::from(i == m)) - level.mu * row[i]).collect();
        let along = |i: usize| (0..FRAMES).map(|l| chain.covariance(i, l) * left[l]).sum::<f64>();
        total += (0..FRAMES).map(|i| left[i] * along(i)).sum::<f64>();
        total += level.sigma.powi(2) * sum::squared_norm(row);
    }
    total
}

/// The excess of the composite's mean square error over the posterior variance, of x̂ on its own account: it must
/// not fall below zero, and falls with the window.
#[test]
fn the_excess_error_is_that_of_a_truncated_window() {
    let cases = [
        (0.9, 1.0, [0.329, 0.110, 0.014, 0.000]),
        (0.99, 1.0, [2.140, 1.168, 0.450, 0.088]),
        (0.99, 5.0, [0.869, 0.750, 0.559, 0.304]),
    ];
    for (rho, ratio, expected) in cases {
        let (whole, level) = (Chain { rho, len: FRAMES }, level(ratio));
        let least = square_error(whole, &rows(&whole, level), level);
        for (k, expected) in [1, 2, 4, 8].into_iter().zip(expected) {
            let found = square_error(whole, &rows(&composed(rho, k), level), level) / least - 1.0;
            assert!((found - expected).abs() < 6e-4, "ρ = {rho}, σ/μ = {ratio}, k = {k}: {found}");
        }
    }
}

/// ‖J − Jᵀ‖/‖J‖ of Frobenius, by all rows and by probes, with which it must agree to four standard errors
/// of 64 probes, about a quarter of it.
#[test]
fn the_composite_is_not_symmetric() {
    let cases = [
        (0.9, 1.0, [0.124, 0.114, 0.064]),
        (0.9, 5.0, [0.157, 0.191, 0.210]),
        (0.99, 1.0, [0.175, 0.225, 0.265]),
        (0.99, 5.0, [0.180, 0.239, 0.319]),
    ];
    for (rho, ratio, expected) in cases {
        for (k, expected) in [1, 2, 4].into_iter().zip(expected) {
            let (composition, level) = (composed(rho, k), level(ratio));
            let j = rows(&composition, level);
            let square = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
                (0..FRAMES * FRAMES).map(|i| f(i / FRAMES, i % FRAMES).powi(2)).sum()
            };
            let (skew, whole) = (square(&|a, b| j[a][b] - j[b][a]), square(&|a, b| j[a][b]));
            let found = (skew / whole).sqrt();
            assert!((found - expected).abs() < 6e-4, "ρ = {rho}, σ/μ = {ratio}, k = {k}: {found}");
            let probed = asymmetry(&composition, &[0.0; FRAMES], level, 64, Stream::new("probes")).unwrap();
            assert!(probed.direct && (probed.ratio / found - 1.0).abs() < 0.25, "{probed:?} {found}");
        }
        let whole = Chain { rho, len: FRAMES };
        let probed = asymmetry(&whole, &[0.0; FRAMES], level(ratio), 8, Stream::new("probes")).unwrap();
        assert!(probed.ratio < 1e-12, "{probed:?}");
    }
}

/// The interior rows of J are one and the same, shifted: Σ_j J_{m,m+j} cos jθ is the eigenvalue of a wave far from
/// the ends, in units where μ = 1. It is negative in the side lobes of a short window; the whole chain's, a
/// covariance times μ/σ², is not. A packet of that wave over the interior shows it of the matrix itself.
#[test]
fn the_composite_is_not_positive() {
    let lowest = |rho: f64, k: usize| {
        let (composition, level) = (composed(rho, k), level(1.0));
        let j = rows(&composition, level);
        let middle = FRAMES / 2;
        let wave = |theta: f64| {
            let lag = |m: usize| theta * (m as f64 - middle as f64);
            level.mu * (0..FRAMES).map(|m| j[middle][m] * lag(m).cos()).sum::<f64>()
        };
        let theta =
            (0..=2000).map(|i| PI * f64::from(i) / 2000.0).min_by(|a, b| wave(*a).total_cmp(&wave(*b)));
        let theta = theta.unwrap();
        let packet = |m: usize| (PI * (m as f64 + 0.5) / FRAMES as f64).sin() * (theta * m as f64).cos();
        let v: Vec<f64> = (0..FRAMES).map(packet).collect();
        let of_v = |m: usize| level.mu * sum::dot(&j[m], &v);
        let rayleigh = (0..FRAMES).map(|m| v[m] * of_v(m)).sum::<f64>() / sum::squared_norm(&v);
        (wave(theta), rayleigh)
    };
    let cases =
        [(0.99, [(1, -0.240), (2, -0.192), (4, -0.162)]), (0.9, [(1, -0.1525), (2, -0.0633), (4, 0.0111)])];
    for (rho, k, expected) in cases.into_iter().flat_map(|(rho, of)| of.map(|(k, e)| (rho, k, e))) {
        let (found, rayleigh) = lowest(rho, k);
        assert!((found - expected).abs() < 6e-4, "ρ = {rho}, k = {k}: {found}");
        assert_eq!(rayleigh < 0.0, expected < 0.0, "ρ = {rho}, k = {k}: {rayleigh}");
    }
}
