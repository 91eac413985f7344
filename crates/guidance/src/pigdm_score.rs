//! The likelihood score of pseudoinverse-guided diffusion, ΠGDM (Song et al. 2023, ICLR).

use crate::guide::{sized, witness};
use crate::{Evidence, Guidance, Result, Scratch, States};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::Observed;
use std::sync::Arc;

/// g = JᵀAᵀ(s²I + ρ²A Aᵀ)⁻¹ r, ρ² = σ²/(μ² + σ²): Cov[x | x_t] as if x ~ N(0, I).
///
/// In closed form where A Aᵀ is diagonal, else by conjugate gradients to 1e-10. A nonlinear A is
/// linearised at x̂, as in [`Mmps`](crate::Mmps); the paper takes a pseudoinverse of A instead. The paper adds
/// this score to a DDIM step with a weight of its own; as a guidance under any sampler it stands at full weight.
#[derive(Debug)]
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
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let (seen, dim, count) = (&*self.observation, self.observation.dim(), self.observation.count());
        at.check(dim, g, evidence)?;
        let (residual, solution) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
        let spread = sized(&mut scratch.field, evidence.len() * dim);
        let noise = at.level.sigma * at.level.sigma;
        let variance = noise / (at.level.mu * at.level.mu + noise);
        let mut descents = Vec::with_capacity(evidence.len());
        for (k, spread) in spread.chunks_exact_mut(dim).enumerate() {
            let (_, x_hat) = at.member(k, dim);
            seen.residual(x_hat, residual);
            descents.push(seen.solve_isotropic(variance, x_hat, residual, solution, spread));
            seen.pull_back(x_hat, solution, spread);
        }
        at.local.vjp(spread, g)?;
        witness(evidence, g, descents);
        Ok(())
    }
}
