//! The gains of one mode, as functions of its prior variance λ.

use equipoise_schedule::Level;

/// j = μλ/(μ²λ + σ²), the Jacobian's eigenvalue.
pub fn jacobian(level: Level, lambda: f64) -> f64 {
    level.mu * lambda / (level.mu * level.mu * lambda + level.sigma * level.sigma)
}

/// σ²λ/(μ²λ + σ²), the eigenvalue of V = Cov[x | x_t].
pub fn covariance(level: Level, lambda: f64) -> f64 {
    let noise = level.sigma * level.sigma;
    noise * lambda / (level.mu * level.mu * lambda + noise)
}

/// σ²/(μ²λ + σ²) = 1 − μj, the share of x_t − μm that is taken for noise: to rounding, where the
/// difference loses what little is left beside a large λ.
pub fn residual(level: Level, lambda: f64) -> f64 {
    let noise = level.sigma * level.sigma;
    noise / (level.mu * level.mu * lambda + noise)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// V = (σ²/μ)J, and 1/V = 1/λ + (μ/σ)²: precisions add.
    #[test]
    fn gains_obey_bayes() {
        for (mu, sigma) in [(1.0, 0.01), (0.5, 0.8), (0.01, 1.0)] {
            let level = Level { mu, sigma };
            for lambda in [1e-6, 1.0, 6e5] {
                let v = covariance(level, lambda);
                let from_j = sigma * sigma / mu * jacobian(level, lambda);
                assert!((v / from_j - 1.0).abs() < 4.0 * f64::EPSILON);
                let shares = mu * jacobian(level, lambda) + residual(level, lambda);
                assert!((shares - 1.0).abs() < 4.0 * f64::EPSILON);
                let precision = 1.0 / lambda + (mu / sigma).powi(2);
                assert!((v * precision - 1.0).abs() < 8.0 * f64::EPSILON);
            }
        }
    }
}
