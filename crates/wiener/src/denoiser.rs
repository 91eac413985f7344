//! The denoiser over any covariance.

use crate::gain;
use equipoise_covariance::{Covariance, Pool, Weights};
use equipoise_denoiser::{Denoiser, DenoiserError, ExactCovariance};
use equipoise_field::{Length, Real, each, sketched};
use equipoise_schedule::Level;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Levels whose gains are kept; past it the gains of further levels are made on every call.
const KEPT_LEVELS: usize = 1024;

/// E[x | x_t] under x ~ N(m, Σ).
pub struct Wiener<R: Real> {
    mean: Vec<R>,
    covariance: Arc<dyn Covariance<R>>,
    gains: RwLock<HashMap<[u64; 2], Arc<Weights<R>>>>,
    buffers: Pool<Vec<R>>,
}

sketched!([R: Real] Wiener<R>, "Wiener", |own| dim = own.mean.len());

impl<R: Real> Wiener<R> {
    /// From the prior mean m and covariance Σ.
    ///
    /// # Errors
    /// [`DenoiserError::Length`] when the mean is not of the covariance's dimension.
    pub fn new(mean: Vec<R>, covariance: Arc<dyn Covariance<R>>) -> Result<Self, DenoiserError> {
        Length::check("prior mean", mean.len(), covariance.dim())?;
        Ok(Self { mean, covariance, gains: RwLock::default(), buffers: Pool::default() })
    }

    /// m.
    pub fn mean(&self) -> &[R] {
        &self.mean
    }

    /// Σ.
    pub fn prior_covariance(&self) -> &Arc<dyn Covariance<R>> {
        &self.covariance
    }

    /// The eigenvalues of J at a level, kept for the next call.
    pub fn gains(&self, level: Level) -> Arc<Weights<R>> {
        let key = [level.mu.to_bits(), level.sigma.to_bits()];
        if let Some(kept) = self.gains.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(kept);
        }
        let made = Arc::new(self.covariance.weights(&|l| gain::jacobian(level, l)));
        let mut gains = self.gains.write().unwrap_or_else(PoisonError::into_inner);
        if gains.len() < KEPT_LEVELS {
            gains.insert(key, Arc::clone(&made));
        }
        made
    }
}

impl<R: Real> Denoiser<R> for Wiener<R> {
    fn dim(&self) -> usize {
        self.mean.len()
    }

    /// One application of a spectral function of Σ.
    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        Length::check("x_t", x_t.len(), self.dim())?;
        Length::check("x_hat", x_hat.len(), self.dim())?;
        let mu = R::narrow(level.mu);
        let gains = self.gains(level);
        self.buffers.with(
            || vec![R::zero(); self.dim()],
            |centred| {
                each::map2(centred, x_t, &self.mean, |x, m| x - mu * m);
                self.covariance.apply(&gains, centred, x_hat);
            },
        );
        each::update1(x_hat, &self.mean, |x, m| x + m);
        Ok(())
    }

    /// J is symmetric and does not depend on x_t.
    fn vjp(&self, _x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        Length::check("v", v.len(), self.dim())?;
        Length::check("out", out.len(), self.dim())?;
        self.covariance.apply(&self.gains(level), v, out);
        Ok(())
    }

    /// J is symmetric.
    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.vjp(x_t, level, v, out)
    }

    /// V = (σ²/μ)J.
    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.vjp(x_t, level, v, out)?;
        let scale = R::narrow(level.sigma * level.sigma / level.mu);
        each::update(out, |o| scale * o);
        Ok(())
    }
}

impl<R: Real> ExactCovariance<R> for Wiener<R> {}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_covariance::Modes;
    use equipoise_denoiser::check_denoiser;
    use equipoise_field::Shape;

    /// Two correlated numbers, by hand: Σ = [[2, 1], [1, 2]] has modes (1, ±1)/√2, λ = 3, 1.
    fn pair() -> Wiener<f64> {
        let h = std::f64::consts::FRAC_1_SQRT_2;
        let modes = Modes::new(2, vec![h, h, h, -h], vec![3.0, 1.0], None).unwrap();
        Wiener::new(vec![1.0, -1.0], Arc::new(modes)).unwrap()
    }

    #[test]
    fn two_numbers_by_hand() {
        let (wiener, level) = (pair(), Level { mu: 0.5, sigma: 0.5 });
        let mut x_hat = [f64::NAN; 2];
        wiener.denoise(&[1.5, 0.5], level, &mut x_hat).unwrap();
        // μΣ(μ²Σ + σ²I)⁻¹ = 2Σ(Σ + I)⁻¹ = (1/4)·[[5, 1], [1, 5]]; x_t − μm = (1, 1).
        let expected = [1.0 + 1.5, -1.0 + 1.5];
        for (found, expected) in x_hat.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
        let found = check_denoiser(&wiener, &[0.2, -0.7], level, Shape::new(1, 1, 1, 2)).unwrap();
        assert_eq!(found.untested, [""; 0]);
    }

    #[test]
    fn lengths_are_checked() {
        let mut out = [0.0; 2];
        let error = pair().denoise(&[1.0], Level { mu: 1.0, sigma: 0.1 }, &mut out).unwrap_err();
        assert_eq!(error.to_string(), "x_t: found length 1, expected 2");
    }
}
