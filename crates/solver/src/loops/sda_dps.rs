//! The DPS score of score-based data assimilation's code (Rozet & Louppe 2023, arXiv 2306.10574).

use super::annealing::{Step, positive};
use super::batch::Batch;
use super::walk::Walk;
use super::{Annealing, ZETAS};
use crate::{Member, Parameter, PosteriorSampler, Recipe, SolverError, Spec};
use equipoise_field::{Real, each};
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;
use equipoise_stream::Stream;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(
        ["zeta", "ζ", "weight of the misfit's gradient"],
        SdaDps::<f64>::ZETA,
        ZETAS,
    )],
    ..Spec::new(["sda_dps", "SDA's variant of DPS", "Rozet & Louppe 2023, arXiv 2306.10574"])
};

pub(crate) fn bind<R: Real>(
    annealing: Annealing<R>,
    recipe: &Recipe,
) -> Result<Box<dyn PosteriorSampler<R>>, SolverError> {
    Ok(Box::new(SdaDps::new(annealing)?.with_zeta(recipe.real("zeta"))?))
}

/// SDA's predictor with a misfit gradient in place of a score:
///
/// > ε_y = ε̂ − σg, g = −2ζ ∇_{x_t}‖y − A(x̂(x_t))‖, x′ = (μ′/μ) x + (σ′ − (μ′/μ)σ) ε_y.
///
/// For comparison only: g is a score at no noise level. `DPSGaussianScore` of the published code, which
/// differentiates ‖r‖² and divides by ‖r‖, hence the 2; ζ = 1 is its default. A may be nonlinear.
/// Deterministic after the start; one evaluation and one vjp a step.
#[derive(Clone, Debug)]
pub struct SdaDps<R: Real> {
    annealing: Annealing<R>,
    zeta: f64,
}

impl<R: Real> SdaDps<R> {
    /// The published ζ.
    pub const ZETA: f64 = 1.0;

    /// With the published ζ.
    ///
    /// # Errors
    /// [`SamplerError::Grid`](equipoise_sampler::SamplerError::Grid).
    pub fn new(annealing: Annealing<R>) -> Result<Self, SolverError> {
        Ok(Self { annealing: annealing.checked()?, zeta: Self::ZETA })
    }

    /// With another ζ > 0.
    ///
    /// # Errors
    /// [`SolverError::Parameter`].
    pub fn with_zeta(mut self, zeta: f64) -> Result<Self, SolverError> {
        self.zeta = positive("sda_dps", "zeta", zeta)?;
        Ok(self)
    }

    /// ε_y at x_t, of length D, and time t.
    ///
    /// # Errors
    /// [`SamplerError::Level`](equipoise_sampler::SamplerError::Level) and those of the denoiser.
    pub fn noise_estimate(&self, x_t: &[R], t: f64) -> Result<Vec<R>, SolverError> {
        let walk = Walk::new(&self.annealing, x_t.to_vec(), Stream::new("unused"), ());
        let mut batch = Batch::of(&self.annealing, vec![walk]);
        let level = batch.misfit_gradients(t)?;
        batch.each(|walk| self.guide(walk, level));
        Ok(batch.into_field())
    }

    /// field ← ε_y, from the misfit's gradient there.
    fn guide(&self, walk: &mut Walk<'_, R>, level: Level) {
        walk.trace.guidance_norm *= 2.0 * self.zeta;
        let strength = R::narrow(2.0 * self.zeta * level.sigma);
        let (mu, over_sigma) = (R::narrow(level.mu), R::narrow(1.0 / level.sigma));
        each::update2(&mut walk.field, &walk.x, &walk.x_hat, |g, x, h| {
            (x - mu * h) * over_sigma + strength * g
        });
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { t, next, .. }: Step) -> Result<Level, SolverError> {
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

impl<R: Real> SdaDps<R> {
    /// The runs of a batch.
    fn runs(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        self.annealing.run(members, || (), |batch, step| self.step(batch, step))
    }
}

drawn_apart!(SdaDps);
