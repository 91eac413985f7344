//! Tweedie moment projected diffusions (Boys et al. 2024, arXiv 2310.06721), the diagonal form.

use crate::guide::{norms, sized};
use crate::{ConditionalCovariance, Evidence, Guidance, GuidanceError, Result, Scratch, States};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_schedule::Level;
use std::sync::Arc;

/// g = JᵀAᵀ r/(s² + A C Aᵀ1): the row sums of A C Aᵀ stand for the matrix.
///
/// A row sum is negative where an observation is anticorrelated with the others, and may be where C = (σ²/μ)Jᵀ is
/// no covariance, whose row sums are then not its column sums either; it is taken as zero and counted in [`Evidence::floors`]. Without noise nothing is then left to divide by, which is an
/// error.
///
/// Here it is a guidance, as in azula: it corrects x̂ for whatever sampler runs it, Euler steps of the flow by
/// default. That is not the paper's own algorithm, and few such steps overshoot where observations are strongly
/// correlated.
///
/// A nonlinear A is linearised at x̂, as in [`Mmps`](crate::Mmps).
#[derive(Debug)]
pub struct Tmpd<R: Real> {
    covariance: ConditionalCovariance<R>,
    observation: Arc<Observed<R>>,
}

impl<R: Real> Tmpd<R> {
    /// With the denoiser of `covariance`.
    pub fn new(covariance: ConditionalCovariance<R>, observation: Arc<Observed<R>>) -> Self {
        Self { covariance, observation }
    }

    /// r/(s² + row sum), and how many row sums were taken as zero.
    fn divide(&self, weighted: &mut [R], row_sums: &[R], level: Level) -> Result<usize> {
        let mut floors = 0;
        for (i, (r, sum)) in weighted.iter_mut().zip(row_sums).enumerate() {
            let negative = *sum < R::zero();
            floors += usize::from(negative);
            let variance = self.observation.noise().at(i) + if negative { 0.0 } else { sum.wide() };
            if variance <= 0.0 {
                let Level { mu, sigma } = level;
                return Err(GuidanceError::NoVariance { method: "tmpd", observation: i, mu, sigma });
            }
            *r = R::narrow(r.wide() / variance);
        }
        Ok(floors)
    }
}

impl<R: Real> Guidance<R> for Tmpd<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        self.covariance.denoiser()
    }

    /// One product with C and one vjp; [`GuidanceError::NoVariance`] where s² and the row sum are zero.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let (seen, dim, count) = (&*self.observation, self.observation.dim(), self.observation.count());
        at.check(dim, g, evidence)?;
        let (weighted, row_sums) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
        let spread = sized(&mut scratch.field, evidence.len() * dim);
        for (k, spread) in spread.chunks_exact_mut(dim).enumerate() {
            row_sums.fill(R::one());
            seen.pull_back(at.member(k, dim).1, row_sums, spread);
        }
        self.covariance.apply(at.local, at.level, spread, g)?;
        for (k, (evidence, spread)) in evidence.iter_mut().zip(spread.chunks_exact_mut(dim)).enumerate() {
            let (_, x_hat) = at.member(k, dim);
            seen.push_forward(x_hat, &g[k * dim..(k + 1) * dim], row_sums);
            seen.residual(x_hat, weighted);
            let floors = self.divide(weighted, row_sums, at.level)?;
            *evidence = Evidence { floors, ..Evidence::default() };
            seen.pull_back(x_hat, weighted, spread);
        }
        at.local.vjp(spread, g)?;
        norms(evidence, g);
        Ok(())
    }
}
