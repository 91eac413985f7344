//! Moment matching posterior sampling (Rozet et al. 2024, arXiv 2405.13712, section 4.2).

use crate::guide::sized;
use crate::{ConditionalCovariance, Evidence, Guidance, GuidanceError, Scratch};
use equipoise_observation::Observed;
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::ConjugateGradients;
use equipoise_schedule::Level;
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
/// A C that is not positive, as the Jacobian of a network need not be, can show the solver a direction
/// of non-positive curvature. That ends the solve, not the run: g is made of the iterate before it,
/// which is zero at the first iteration, and [`Evidence::breakdown`] says so.
pub struct Mmps<R: Real> {
    covariance: ConditionalCovariance<R>,
    observation: Arc<Observed<R>>,
    solver: ConjugateGradients,
}

impl<R: Real> Mmps<R> {
    /// With the denoiser of `covariance`; `solver` bounds the products with C in one evaluation.
    pub fn new(
        covariance: ConditionalCovariance<R>,
        observation: Arc<Observed<R>>,
        solver: ConjugateGradients,
    ) -> Self {
        Self { covariance, observation, solver }
    }
}

impl<R: Real> Guidance<R> for Mmps<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        self.covariance.denoiser()
    }

    /// One product with C per iteration and one vjp.
    fn gradient(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &[R],
        g: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        let (observation, count) = (&*self.observation, self.observation.count());
        let (residual, solution) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
        let spread = sized(&mut scratch.field, x_t.len());
        observation.residual(x_hat, residual);
        let innovation = |v: &[R], out: &mut [R]| {
            observation.pull_back(x_hat, v, spread);
            self.covariance.apply(x_t, level, spread, g)?;
            observation.push_forward(x_hat, g, out);
            observation.add_noise(v, out);
            Ok::<_, GuidanceError>(())
        };
        let descent = self.solver.solve(innovation, residual, solution)?;
        observation.pull_back(x_hat, solution, spread);
        self.denoiser().vjp(x_t, level, spread, g)?;
        Ok(Evidence::of(g, descent))
    }
}
