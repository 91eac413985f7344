//! Jacobian-free posterior sampling, as in azula (Rozet, `azula.guidance.jfps`), which cites no paper.

use crate::exact::pull_back_solved;
use crate::guide::witness;
use crate::{Evidence, Guidance, LevelTable, Result, Scratch, States};
use equipoise_covariance::Covariance;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Length, Real};
use equipoise_innovation::Innovation;
use equipoise_observation::Observed;
use equipoise_wiener::gain;
use std::sync::Arc;

/// Any denoiser's mean with the covariance that a Gaussian of covariance Σ would leave at x_t:
///
/// > x̂_y = x̂ + C_tAᵀ(s²I + A C_t Aᵀ)⁻¹ r, C_t = (Σ⁻¹ + (μ/σ)²I)⁻¹, g = (μ/σ²)(x̂_y − x̂).
///
/// No Jacobian. With the Wiener denoiser of the same Σ, C_t = V and this is [`Exact`](crate::Exact).
#[derive(Debug)]
pub struct Jfps<R: Real> {
    denoiser: Arc<dyn Denoiser<R>>,
    observation: Arc<Observed<R>>,
    covariance: Arc<dyn Covariance<R>>,
    innovations: Arc<LevelTable<Innovation<R>>>,
}

impl<R: Real> Jfps<R> {
    /// With Σ, seen through the observation's operator, and its [`Exact::innovations`].
    ///
    /// [`Exact::innovations`]: crate::Exact::innovations
    ///
    /// # Errors
    /// [`GuidanceError::Length`](crate::GuidanceError::Length) when Σ and the denoiser are of different dimensions.
    pub fn new(
        denoiser: Arc<dyn Denoiser<R>>,
        observation: Arc<Observed<R>>,
        covariance: Arc<dyn Covariance<R>>,
        innovations: Arc<LevelTable<Innovation<R>>>,
    ) -> Result<Self> {
        Length::check("signal covariance", covariance.dim(), denoiser.dim())?;
        Ok(Self { denoiser, observation, covariance, innovations })
    }
}

impl<R: Real> Guidance<R> for Jfps<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.denoiser
    }

    fn needs_jacobian(&self) -> bool {
        false
    }

    /// One solve with S and one application of a spectral function of Σ.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let dim = self.observation.dim();
        at.check(dim, g, evidence)?;
        let innovation = self.innovations.get(at.level)?;
        let descents = pull_back_solved("jfps", &self.observation, &innovation, at, scratch)?;
        // (μ/σ²) C_t has the eigenvalues of the Wiener filter's Jacobian.
        let weights = self.covariance.weights(&|l| gain::jacobian(at.level, l));
        for (spread, g) in scratch.field.chunks_exact(dim).zip(g.chunks_exact_mut(dim)) {
            self.covariance.apply(&weights, spread, g);
        }
        witness(evidence, g, descents);
        Ok(())
    }
}
