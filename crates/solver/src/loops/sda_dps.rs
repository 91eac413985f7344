//! The DPS score of score-based data assimilation's code (Rozet & Louppe 2023, arXiv 2306.10574).

use super::annealing::Step;
use super::batch::Batch;
use super::walk::Walk;
use super::{Annealing, Loop, ZETAS};
use crate::{Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each};
use equipoise_schedule::Level;
use equipoise_stream::Stream;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(["zeta", "ζ", "weight of the misfit's gradient"], 1.0, ZETAS)],
    ..Spec::new(["sda_dps", "SDA's variant of DPS", "Rozet & Louppe 2023, arXiv 2306.10574"])
};

/// SDA's predictor with a misfit gradient in place of a score:
///
/// > ε_y = ε̂ − σg, g = −2ζ ∇_{x_t}‖y − A(x̂(x_t))‖, x′ = (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y.
///
/// For comparison only: g is a score at no noise level. `DPSGaussianScore` of the published code, which
/// differentiates ‖r‖² and divides by ‖r‖, hence the 2; ζ = 1 is its default. A may be nonlinear.
/// Deterministic after the start; one evaluation and one vjp a step.
#[derive(Clone, Copy, Debug)]
pub struct SdaDps {
    /// ζ > 0.
    pub zeta: f64,
}

impl<R: Real> Loop<R> for SdaDps {
    type Own = ();

    fn of(_: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        Ok(Self { zeta: recipe.real("zeta") })
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { t, next, .. }: Step) -> Result<Level> {
        let (now, then) = (batch.misfit_gradients(t)?, batch.level(next));
        let keep = then.mu / now.mu;
        let (keep, move_by) = (R::narrow(keep), R::narrow(then.sigma - keep * now.sigma));
        batch.each(|walk| {
            self.guide(walk, now);
            each::update1(&mut walk.x, &walk.field, |x, e| keep * x + move_by * e);
        });
        Ok(then)
    }
}

impl SdaDps {
    /// ε_y at x_t, of length D, and time t.
    ///
    /// # Errors
    /// [`SamplerError::Level`](equipoise_sampler::SamplerError::Level) and those of the denoiser.
    pub fn noise_estimate<R: Real>(&self, on: &Annealing<R>, x_t: &[R], t: f64) -> Result<Vec<R>> {
        let walk = Walk::new(on, x_t.to_vec(), Stream::new("unused"), ());
        let mut batch = Batch::of(on, vec![walk]);
        let level = batch.misfit_gradients(t)?;
        batch.each(|walk| self.guide(walk, level));
        Ok(batch.into_field())
    }

    /// field ← ε_y, from the misfit's gradient there.
    fn guide<R: Real>(&self, walk: &mut Walk<'_, R>, level: Level) {
        walk.trace.guidance_norm *= 2.0 * self.zeta;
        let strength = R::narrow(2.0 * self.zeta * level.sigma);
        let (mu, over_sigma) = (R::narrow(level.mu), R::narrow(1.0 / level.sigma));
        each::update2(&mut walk.field, &walk.x, &walk.x_hat, |g, x, h| {
            (x - mu * h) * over_sigma + strength * g
        });
    }
}
