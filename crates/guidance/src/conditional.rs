//! C ≈ Cov[x | x_t], by what the denoiser knows of it.

use equipoise_denoiser::{Denoiser, DenoiserError, Empirical, ExactCovariance, Linearised};
use equipoise_field::{Real, each};
use equipoise_schedule::Level;
use std::sync::Arc;

/// The covariance C that a method takes for Cov[x | x_t].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConditionalCovariance<R: Real> {
    /// V, from a denoiser that has it in closed form.
    Exact(Arc<dyn ExactCovariance<R>>),
    /// V, from the denoiser of a prior on finitely many fields, whose posterior is known too.
    Empirical(Arc<dyn Empirical<R>>),
    /// (σ²/μ)Jᵀ, which is V if x̂ = E[x | x_t] (Tweedie's formula to second order) and need not be
    /// symmetric or positive otherwise. One vjp a product.
    Jacobian(Arc<dyn Denoiser<R>>),
    /// V⁺ = Σ_i U_iᵀ D_i V_i D_i U_i over the windows of a composite, V_i = (σ²/μ)J_iᵀ of window i and ΣD_i² = I:
    /// symmetric and nowhere negative where the windows' are, which (σ²/μ)Jᵀ of a composite is not. One vjp of each
    /// window a product. A denoiser that is no composite is its own window: (σ²/μ)Jᵀ.
    Windows(Arc<dyn Denoiser<R>>),
}

impl<R: Real> ConditionalCovariance<R> {
    /// The most that is known of a denoiser: its posterior, else V, else Jᵀ.
    pub fn of(
        denoiser: Arc<dyn Denoiser<R>>,
        empirical: Option<Arc<dyn Empirical<R>>>,
        exact: Option<Arc<dyn ExactCovariance<R>>>,
    ) -> Self {
        match (empirical, exact) {
            (Some(prior), _) => Self::Empirical(prior),
            (None, Some(denoiser)) => Self::Exact(denoiser),
            (None, None) => Self::Jacobian(denoiser),
        }
    }

    /// V⁺ of the windows in the place of (σ²/μ)Jᵀ; what is known in closed form stays.
    #[must_use]
    pub fn of_windows(self) -> Self {
        match self {
            Self::Jacobian(denoiser) => Self::Windows(denoiser),
            known => known,
        }
    }

    /// Whose covariance it is.
    pub fn denoiser(&self) -> &dyn Denoiser<R> {
        match self {
            Self::Exact(denoiser) => &**denoiser,
            Self::Empirical(denoiser) => &**denoiser,
            Self::Jacobian(denoiser) | Self::Windows(denoiser) => &**denoiser,
        }
    }

    /// The same, to keep.
    pub fn shared(&self) -> Arc<dyn Denoiser<R>> {
        match self {
            Self::Exact(denoiser) => Arc::clone(denoiser) as Arc<dyn Denoiser<R>>,
            Self::Empirical(denoiser) => Arc::clone(denoiser) as Arc<dyn Denoiser<R>>,
            Self::Jacobian(denoiser) | Self::Windows(denoiser) => Arc::clone(denoiser),
        }
    }

    /// out = C v of every member, at the states where the denoiser was linearised. Overwrites `out`.
    ///
    /// # Errors
    /// [`DenoiserError`] when a product cannot be made.
    pub fn apply(
        &self,
        local: &mut (dyn Linearised<R> + '_),
        level: Level,
        v: &[R],
        out: &mut [R],
    ) -> Result<(), DenoiserError> {
        match self {
            Self::Exact(_) | Self::Empirical(_) => local.covariance(v, out),
            Self::Jacobian(_) => by_jacobian(local, level, v, out),
            Self::Windows(_) => match local.covariance(v, out) {
                Err(DenoiserError::Unknown { .. }) => by_jacobian(local, level, v, out),
                made => made,
            },
        }
    }
}

/// out = (σ²/μ)Jᵀv.
fn by_jacobian<R: Real>(
    local: &mut (dyn Linearised<R> + '_),
    level: Level,
    v: &[R],
    out: &mut [R],
) -> Result<(), DenoiserError> {
    local.vjp(v, out)?;
    let scale = R::narrow(level.sigma * level.sigma / level.mu);
    each::update(out, |o| scale * o);
    Ok(())
}
