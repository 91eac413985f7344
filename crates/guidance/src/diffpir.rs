//! DiffPIR (Zhu et al. 2023, arXiv 2305.08995).

use crate::guide::sized;
use crate::{Evidence, Guidance, Result, Scratch, States};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each};
use equipoise_observation::Observed;
use std::sync::Arc;

/// azula's default; the paper tunes λ to the task.
const LAMBDA: f64 = 10.0;

/// The proximal estimate x̂_y = argmin ‖y − A x‖²/(2s²) + λ(μ/σ)²‖x − x̂‖²/2, as a guidance:
///
/// > x̂_y = x̂ + (AᵀA/s² + λ(μ/σ)²I)⁻¹Aᵀr/s² = x̂ + ρ²Aᵀ(s²I + ρ²A Aᵀ)⁻¹ r, ρ² = σ²/(λμ²),
/// > g = (μ/σ²)(x̂_y − x̂) = Aᵀ(s²I + ρ²A Aᵀ)⁻¹ r/(λμ).
///
/// The paper's next step makes noise anew from x̂_y, a share ζ of it fresh; here that is left to the sampler, whose
/// DDIM with η stands in its place.
///
/// No Jacobian. For a linear A only, whose minimum this is. In closed form where A Aᵀ is diagonal, else by conjugate gradients to 1e-10.
#[derive(Debug)]
pub struct DiffPir<R: Real> {
    denoiser: Arc<dyn Denoiser<R>>,
    observation: Arc<Observed<R>>,
    lambda: f64,
}

impl<R: Real> DiffPir<R> {
    /// With λ = 10.
    pub fn new(denoiser: Arc<dyn Denoiser<R>>, observation: Arc<Observed<R>>) -> Self {
        Self { denoiser, observation, lambda: LAMBDA }
    }

    /// With another λ, which must be positive.
    #[must_use]
    pub fn with_lambda(mut self, lambda: f64) -> Self {
        self.lambda = lambda;
        self
    }
}

impl<R: Real> Guidance<R> for DiffPir<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.denoiser
    }

    fn needs_jacobian(&self) -> bool {
        false
    }

    /// A product with A Aᵀ per iteration.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let operator = self.observation.linear("diffpir")?;
        let (dim, count) = (self.observation.dim(), self.observation.count());
        at.check(dim, g, evidence)?;
        let (residual, solution) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
        let variance = (at.level.sigma / at.level.mu).powi(2) / self.lambda;
        let scale = R::narrow(1.0 / (self.lambda * at.level.mu));
        for (k, (evidence, g)) in evidence.iter_mut().zip(g.chunks_exact_mut(dim)).enumerate() {
            let (_, x_hat) = at.member(k, dim);
            self.observation.residual(x_hat, residual);
            let descent = self.observation.solve_isotropic(variance, x_hat, residual, solution, g);
            operator.adjoint(solution, g);
            each::update(g, |g| scale * g);
            *evidence = Evidence::of(g, descent);
        }
        Ok(())
    }
}
