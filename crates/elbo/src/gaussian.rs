//! The bound in closed form for x_0 ~ N(m, Σ) and its Wiener denoiser.

use crate::{ElboError, ReverseVariance, Terms};
use equipoise_field::Length;
use equipoise_schedule::{Ddpm, Level};

/// x_0 in the eigenbasis of Σ. All arrays have length D; multiplicities are written out.
#[derive(Clone, Copy, Debug)]
pub struct Modes<'a> {
    /// λ_k > 0.
    pub eigenvalues: &'a [f64],
    /// m_k, the mean's coefficients.
    pub mean: &'a [f64],
    /// (x_0 − m)_k, or `None` for the expectation over x_0 ~ N(m, Σ).
    pub deviation: Option<&'a [f64]>,
}

impl Modes<'_> {
    fn check(&self) -> Result<(), ElboError> {
        let expected = self.eigenvalues.len();
        let deviation = self.deviation.map_or(expected, <[f64]>::len);
        Length::check("mean", self.mean.len(), expected)?;
        Length::check("deviation", deviation, expected)?;
        let refused = |l: &f64| !(l.is_finite() && *l > 0.0);
        match self.eigenvalues.iter().position(refused) {
            Some(index) => Err(ElboError::Eigenvalue { index, found: self.eigenvalues[index] }),
            None => Ok(()),
        }
    }

    /// Σ_k f(λ_k, m_k, E(x_0 − m)_k, E(x_0 − m)_k²).
    fn sum(&self, f: impl Fn(f64, f64, f64, f64) -> f64) -> f64 {
        let term = |k: usize| {
            let (lambda, mean) = (self.eigenvalues[k], self.mean[k]);
            let (first, second) = self.deviation.map_or((0.0, lambda), |d| (d[k], d[k] * d[k]));
            f(lambda, mean, first, second)
        };
        (0..self.eigenvalues.len()).map(term).sum()
    }

    /// E‖x_0 − x̂(x_t)‖² = Σ_k ((1 − μj_k)² d_k² + j_k²σ²), j = μλ/(μ²λ + σ²); over the prior Σ_k σ²λ/(μ²λ + σ²).
    fn squared_error(&self, level: Level) -> f64 {
        let (mu, noise) = (level.mu, level.sigma * level.sigma);
        self.sum(|lambda, _, _, second| {
            let marginal = mu * mu * lambda + noise;
            let (left, gain) = (noise / marginal, mu * lambda / marginal);
            left * left * second + gain * gain * noise
        })
    }
}

/// Every term of the bound, exactly. Cost: T·D.
///
/// # Errors
/// [`ElboError::Length`], [`ElboError::Eigenvalue`].
pub fn terms(schedule: &Ddpm, variance: ReverseVariance, modes: Modes<'_>) -> Result<Terms, ElboError> {
    modes.check()?;
    let steps = 1..=schedule.steps();
    let squared_errors: Vec<f64> = steps.map(|t| modes.squared_error(schedule.level(t))).collect();
    let norm = modes.sum(|_, mean, first, second| mean * mean + 2.0 * mean * first + second);
    Ok(assemble(schedule, variance, modes.eigenvalues.len(), norm, squared_errors))
}

/// −log N(x_0; m, Σ) in nats, or the entropy of N(m, Σ): what the bound can reach at best.
///
/// # Errors
/// [`ElboError::Length`], [`ElboError::Eigenvalue`].
pub fn negative_log_density(modes: Modes<'_>) -> Result<f64, ElboError> {
    modes.check()?;
    Ok(0.5 * modes.sum(|lambda, _, _, second| (std::f64::consts::TAU * lambda).ln() + second / lambda))
}

/// The terms that ‖x_0‖² and the denoising errors lead to.
pub(crate) fn assemble(
    schedule: &Ddpm,
    variance: ReverseVariance,
    dim: usize,
    squared_norm: f64,
    squared_errors: Vec<f64>,
) -> Terms {
    let half = 0.5 * dim as f64;
    let last = schedule.alpha_bar(schedule.steps());
    // log(1 − ᾱ) + ᾱ cancels to −ᾱ²/2.
    let prior = -half * (last + (-last).ln_1p()) + 0.5 * last * squared_norm;
    let transition = |t: usize| {
        let (reverse, fixed) = (schedule.reverse(t), variance.at(schedule, t));
        // x − 1 − log x with x = 1 + u cancels for equal variances.
        let excess = reverse.variance / fixed - 1.0;
        let spread = half * (excess - excess.ln_1p());
        spread + reverse.clean.powi(2) * squared_errors[t - 1] / (2.0 * fixed)
    };
    let fixed = variance.at(schedule, 1);
    let reconstruction = half * (std::f64::consts::TAU * fixed).ln() + squared_errors[0] / (2.0 * fixed);
    let transitions = (2..=schedule.steps()).map(transition).collect();
    Terms { dim, prior, transitions, reconstruction, squared_errors }
}
