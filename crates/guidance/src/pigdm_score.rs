//! The likelihood score of pseudoinverse-guided diffusion, ΠGDM (Song et al. 2023, ICLR).

use crate::guide::sized;
use crate::{Evidence, Guidance, GuidanceError, Scratch};
use equipoise_observation::Observed;
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::sync::Arc;

/// g = JᵀAᵀ(s²I + ρ²A Aᵀ)⁻¹ r, ρ² = σ²/(μ² + σ²): Cov[x | x_t] as if x ~ N(0, I).
///
/// In closed form where A Aᵀ is diagonal, else by conjugate gradients to 1e-10. A nonlinear A is
/// linearised at x̂, as in [`Mmps`](crate::Mmps); the paper takes a pseudoinverse of A instead. The paper adds
/// this score to a DDIM step with a weight of its own; as a guidance under any sampler it stands at full weight.
pub struct PigdmScore<R: Real> {
    denoiser: Arc<dyn Denoiser<R>>,
    observation: Arc<Observed<R>>,
}

impl<R: Real> PigdmScore<R> {
    /// From a prior's denoiser.
    pub fn new(denoiser: Arc<dyn Denoiser<R>>, observation: Arc<Observed<R>>) -> Self {
        Self { denoiser, observation }
    }
}

impl<R: Real> Guidance<R> for PigdmScore<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.denoiser
    }

    /// One vjp, and a product with A Aᵀ per iteration.
    fn gradient(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &[R],
        g: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        let count = self.observation.count();
        let (residual, solution) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
        let spread = sized(&mut scratch.field, x_t.len());
        self.observation.residual(x_hat, residual);
        let noise = level.sigma * level.sigma;
        let variance = noise / (level.mu * level.mu + noise);
        let descent = self.observation.solve_isotropic(variance, x_hat, residual, solution, spread);
        self.observation.pull_back(x_hat, solution, spread);
        self.denoiser.vjp(x_t, level, spread, g)?;
        Ok(Evidence::of(g, descent))
    }
}
