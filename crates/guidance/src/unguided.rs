//! No guidance: the prior alone.

use crate::{Evidence, Guidance, Result, Scratch, States};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use std::sync::Arc;

/// g = 0, so that a sampler draws from the prior.
#[derive(Debug)]
pub struct Unguided<R: Real>(pub Arc<dyn Denoiser<R>>);

impl<R: Real> Guidance<R> for Unguided<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.0
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
        at.check(self.0.dim(), g, evidence)?;
        g.fill(R::zero());
        evidence.fill(Evidence::default());
        Ok(())
    }
}
