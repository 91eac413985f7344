//! The exact guidance of a prior on finitely many fields.

use crate::guide::norms;
use crate::{Evidence, Guidance, Result, Scratch, States};
use equipoise_denoiser::{Denoiser, Empirical, Tape};
use equipoise_field::{Real, each};
use equipoise_observation::Observed;
use std::sync::Arc;

/// ∇ log p(y | x_t) itself when x lies on finitely many fields with known probabilities.
///
/// > g = (μ/σ²)(x̂_y − x̂), x̂_y = E[x | x_t, y], ε_y = (x_t − μx̂_y)/σ
///
/// What y says of every field is taken in once, at the start: p(x_i | y) ∝ p_i N(y; A x_i, s²). A need
/// not be linear. A step costs two denoises and no vjp.
#[derive(Debug)]
pub struct Conditioned<R: Real> {
    prior: Arc<dyn Empirical<R>>,
    posterior: Arc<dyn Empirical<R>>,
}

impl<R: Real> Conditioned<R> {
    /// The prior given y.
    ///
    /// # Errors
    /// [`GuidanceError::Denoiser`](crate::GuidanceError::Denoiser) when the fields cannot be read, or noise of zero
    /// leaves none that y
    /// allows.
    pub fn new(prior: Arc<dyn Empirical<R>>, observation: &Observed<R>) -> Result<Self> {
        let posterior = prior.given(&|x| observation.log_likelihood(x))?;
        Ok(Self { prior, posterior })
    }

    /// The prior given y: its moments are those of x | y.
    pub fn posterior(&self) -> &Arc<dyn Empirical<R>> {
        &self.posterior
    }
}

impl<R: Real> Guidance<R> for Conditioned<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.prior
    }

    fn needs_jacobian(&self) -> bool {
        false
    }

    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        _: &mut Scratch<R>,
    ) -> Result<()> {
        let dim = self.prior.dim();
        at.check(dim, g, evidence)?;
        self.posterior.estimates(at.x_t, at.level, g, &mut Tape::new())?;
        let scale = R::narrow(at.level.mu / (at.level.sigma * at.level.sigma));
        each::update1(g, at.x_hat, |y, x| scale * (y - x));
        evidence.fill(Evidence::default());
        norms(evidence, g);
        Ok(())
    }
}
