//! Moment matching posterior sampling (Rozet et al. 2024, arXiv 2405.13712, section 4.2).

use crate::guide::{each_member, sized, witness};
use crate::innovation::Innovation;
use crate::{ConditionalCovariance, Evidence, Guidance, Result, Scratch, States};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::ConjugateGradients;
use equipoise_observation::Observed;
use std::sync::Arc;

/// g = JᵀAᵀ(s²I + A C Aᵀ)⁻¹ r by conjugate gradients from a zero start.
///
/// The first two moments of p(x | x_t) carried through A: exact when x is Gaussian, C = V and the
/// solver converges. azula takes one iteration unless told otherwise.
///
/// A nonlinear A is linearised at x̂, A′(x̂) in the place of A and y − A(x̂) for r: as in an extended
/// Kalman filter, the curvature of A over the spread of x given x_t is left out, and so is the
/// dependence of A′ on x_t in the gradient.
///
/// A C = (σ²/μ)Jᵀ of an estimate that is no posterior mean ([`Jacobian::General`]) need be neither symmetric nor
/// positive. Not symmetric, conjugate gradients follow its symmetric part, and are no solve: the residual says how
/// far they came. Not positive, s²I + A C Aᵀ can be singular at a level that the run passes, and any solver's u
/// grows there without bound, where a covariance leaves ‖u‖ ≤ ‖r‖/min s². A direction of non-positive curvature,
/// and an iterate past that bound, end the solve, not the run: g is made of the iterate before, which is zero at
/// the first iteration, and [`Evidence::breakdown`] says so. [`ConditionalCovariance::Windows`] is positive wherever
/// the V of its windows are, and meets neither there.
///
/// [`Jacobian::General`]: equipoise_denoiser::Jacobian::General
#[derive(Debug)]
pub struct Mmps<R: Real> {
    covariance: ConditionalCovariance<R>,
    observation: Arc<Observed<R>>,
    solver: ConjugateGradients,
    /// The most that ‖u‖/‖r‖ can be.
    gain: f64,
}

impl<R: Real> Mmps<R> {
    /// With the denoiser of `covariance`; `solver` bounds the products with C in one evaluation.
    pub fn new(
        covariance: ConditionalCovariance<R>,
        observation: Arc<Observed<R>>,
        solver: ConjugateGradients,
    ) -> Self {
        let noise = |i: usize| observation.noise().at(i);
        let least = (0..observation.count()).map(noise).fold(f64::INFINITY, f64::min);
        let gain = match covariance {
            ConditionalCovariance::Jacobian(_) | ConditionalCovariance::Windows(_) if least > 0.0 => {
                1.0 / least
            }
            // V itself is positive; without noise nothing bounds u.
            _ => f64::INFINITY,
        };
        Self { covariance, observation, solver, gain }
    }
}

impl<R: Real> Guidance<R> for Mmps<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        self.covariance.denoiser()
    }

    /// One product with C per iteration and one vjp.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        let (seen, dim, count) = (&*self.observation, self.observation.dim(), self.observation.count());
        at.check(dim, g, evidence)?;
        let States { level, x_hat, local, .. } = at;
        let members = evidence.len();
        let residual = sized(&mut scratch.residual, members * count);
        let solution = sized(&mut scratch.weighted, members * count);
        let spread = sized(&mut scratch.field, members * dim);
        each_member(members, [dim, count], |f, o| seen.residual(&x_hat[f], &mut residual[o]));
        let (covariance, level) = (&self.covariance, *level);
        let mut innovation =
            Innovation { covariance, observation: seen, level, x_hat, spread: &mut *spread, room: &mut *g };
        let product = |v: &[R], out: &mut [R]| innovation.apply(&mut **local, v, out);
        let descents = self.solver.solve_each_within((members, self.gain), product, residual, solution)?;
        each_member(members, [dim, count], |f, o| {
            seen.pull_back(&x_hat[f.clone()], &solution[o], &mut spread[f]);
        });
        local.vjp(spread, g)?;
        witness(evidence, g, descents);
        Ok(())
    }
}
