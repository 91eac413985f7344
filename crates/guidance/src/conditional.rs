//! C ≈ Cov[x | x_t], by what the denoiser knows of it.

use equipoise_denoiser::{Denoiser, DenoiserError, Empirical, ExactCovariance};
use equipoise_field::{Real, each};
use equipoise_schedule::Level;
use std::sync::Arc;

/// The covariance C that a method takes for Cov[x | x_t].
#[derive(Clone)]
pub enum ConditionalCovariance<R: Real> {
    /// V, from a denoiser that has it in closed form.
    Exact(Arc<dyn ExactCovariance<R>>),
    /// V, from the denoiser of a prior on finitely many fields, whose posterior is known too.
    Empirical(Arc<dyn Empirical<R>>),
    /// (σ²/μ)Jᵀ, which is V if x̂ = E[x | x_t] (Tweedie's formula to second order) and need not be
    /// symmetric or positive otherwise. One vjp a product.
    Jacobian(Arc<dyn Denoiser<R>>),
}

impl<R: Real> ConditionalCovariance<R> {
    /// Whose covariance it is.
    pub fn denoiser(&self) -> &dyn Denoiser<R> {
        match self {
            Self::Exact(denoiser) => &**denoiser,
            Self::Empirical(denoiser) => &**denoiser,
            Self::Jacobian(denoiser) => &**denoiser,
        }
    }

    /// out = C v at x_t. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError`] when the product cannot be made.
    pub fn apply(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        match self {
            Self::Exact(denoiser) => denoiser.covariance(x_t, level, v, out),
            Self::Empirical(denoiser) => denoiser.covariance(x_t, level, v, out),
            Self::Jacobian(denoiser) => {
                denoiser.vjp(x_t, level, v, out)?;
                let scale = R::narrow(level.sigma * level.sigma / level.mu);
                each::update(out, |o| scale * o);
                Ok(())
            }
        }
    }
}
