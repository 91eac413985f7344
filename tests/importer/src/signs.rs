//! A prior of two fields and its exact guidance, both in closed form.

use equipoise::denoiser::{Empirical, ExactCovariance, LogLikelihood, Moments};
use equipoise::guidance::{Evidence, Guidance, GuidanceError, Scratch, States};
use equipoise::prelude::*;
use std::sync::Arc;

/// x = ±1, ln odds 2h: E[x | x_t] = tanh(μx_t/σ² + h), Cov[x | x_t] = 1 − x̂².
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    /// h.
    pub half_log_odds: f64,
}

impl Signs {
    fn x_hat<R: Real>(&self, x_t: &[R], level: Level) -> f64 {
        (level.mu / level.sigma.powi(2) * x_t[0].wide() + self.half_log_odds).tanh()
    }
}

impl<R: Real> Denoiser<R> for Signs {
    fn dim(&self) -> usize {
        1
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        x_hat[0] = R::narrow(self.x_hat(x_t, level));
        Ok(())
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        let slope = level.mu / level.sigma.powi(2) * (1.0 - self.x_hat(x_t, level).powi(2));
        out[0] = R::narrow(slope * v[0].wide());
        Ok(())
    }

    fn covariance(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        out[0] = R::narrow((1.0 - self.x_hat(x_t, level).powi(2)) * v[0].wide());
        Ok(())
    }
}

impl<R: Real> ExactCovariance<R> for Signs {}

impl<R: Real> Empirical<R> for Signs {
    fn given(&self, log_likelihood: &LogLikelihood<'_, R>) -> Result<Arc<dyn Empirical<R>>, DenoiserError> {
        let of = |sign: f64| log_likelihood(&[R::narrow(sign)]);
        Ok(Arc::new(Self { half_log_odds: self.half_log_odds + 0.5 * (of(1.0) - of(-1.0)) }))
    }

    fn moments(&self) -> Result<Moments, DenoiserError> {
        let mean = self.half_log_odds.tanh();
        Ok(Moments { mean: vec![mean], variance: vec![1.0 - mean * mean] })
    }
}

/// g = (μ/σ²)(E[x | x_t, y] − x̂) of [`Signs`] read as y = x + sη.
#[derive(Clone, Copy, Debug)]
pub struct SignsGuidance {
    /// The prior.
    pub prior: Signs,
    /// y/s².
    pub pull: f64,
}

impl<R: Real> Guidance<R> for SignsGuidance {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &self.prior
    }

    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        _: &mut Scratch<R>,
    ) -> Result<(), GuidanceError> {
        let posterior = Signs { half_log_odds: self.prior.half_log_odds + self.pull };
        for (k, (g, evidence)) in g.iter_mut().zip(evidence).enumerate() {
            let (x_t, x_hat) = at.member(k, 1);
            let scale = at.level.mu / at.level.sigma.powi(2);
            let pull = scale * (posterior.x_hat(x_t, at.level) - x_hat[0].wide());
            *g = R::narrow(pull);
            *evidence = Evidence { guidance_norm: pull.abs(), ..Evidence::default() };
        }
        Ok(())
    }
}
