//! The exact guidance of a Gaussian prior: g = Jᵀ Aᵀ (s²I + A V Aᵀ)⁻¹ r.

use crate::gaussian::{GaussianPath, Prediction};
use crate::guide::{sized, witness};
use crate::{Evidence, Guidance, LevelTable, Result, Scratch, States};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Length, Real, each};
use equipoise_innovation::{Innovation, ObservedPrior};
use equipoise_observation::Descent;
use equipoise_observation::Observed;
use equipoise_schedule::Level;
use equipoise_wiener::gain;
use std::sync::Arc;

/// ∇ log N(y; A x̂, s²I + A V Aᵀ) with the true V = Cov[x | x_t]: p(y | x_t) itself when x is
/// Gaussian and A linear. Equals MMPS (Rozet et al. 2024, arXiv 2405.13712) with a converged solver.
#[derive(Debug)]
pub struct Exact<R: Real> {
    denoiser: Arc<dyn Denoiser<R>>,
    observation: Arc<Observed<R>>,
    innovations: Arc<LevelTable<Innovation<R>>>,
    path: Option<Arc<GaussianPath<R>>>,
}

impl<R: Real> Exact<R> {
    /// With the innovation covariances of [`Exact::innovations`].
    pub fn new(
        denoiser: Arc<dyn Denoiser<R>>,
        observation: Arc<Observed<R>>,
        innovations: Arc<LevelTable<Innovation<R>>>,
    ) -> Self {
        Self { denoiser, observation, innovations, path: None }
    }

    /// Takes the step in the coefficients of the prior, whose denoiser this must be.
    #[must_use]
    pub fn along(mut self, path: Arc<GaussianPath<R>>) -> Self {
        self.path = Some(path);
        self
    }

    /// S⁻¹r and its coefficients for a prediction.
    fn pull(&self, level: Level, at: Prediction<'_, R>) -> Result<(f64, Evidence)> {
        self.observation.linear("exact")?;
        Length::check("y", self.observation.count(), at.values.len())?;
        each::map2(at.residual, at.values, self.observation.values(), |a, y| y - a);
        let innovation = self.innovations.get(level)?;
        let solved = innovation.solve_with_coefficients(at.residual, at.weighted, at.coefficients)?;
        let (iterations, residual) = (solved.iterations, solved.residual);
        Ok((1.0, Evidence { iterations, residual, ..Evidence::default() }))
    }

    /// s²I + A V Aᵀ, factored at every one of `levels` and at others when they are met.
    ///
    /// # Errors
    /// [`GuidanceError::Innovation`](crate::GuidanceError::Innovation).
    pub fn innovations(
        observed: &ObservedPrior<R>,
        levels: &[Level],
    ) -> Result<Arc<LevelTable<Innovation<R>>>> {
        let observed = observed.clone();
        let make = move |level: Level| Ok(observed.innovation(&move |l| gain::covariance(level, l))?);
        Ok(Arc::new(LevelTable::new(make).prepared(levels)?))
    }
}

/// Aᵀ S⁻¹ (y − A x̂) of every member, left in the scratch's field; how each solve went.
///
/// # Errors
/// For an observation that is not linear, and of solving.
pub(crate) fn pull_back_solved<R: Real>(
    method: &'static str,
    seen: &Observed<R>,
    innovation: &Innovation<R>,
    at: &States<'_, '_, R>,
    scratch: &mut Scratch<R>,
) -> Result<Vec<Descent>> {
    let (operator, dim, count) = (seen.linear(method)?, seen.dim(), seen.count());
    let (residual, solution) = (sized(&mut scratch.residual, count), sized(&mut scratch.weighted, count));
    let spread = sized(&mut scratch.field, at.x_hat.len());
    let mut descents = Vec::with_capacity(at.x_hat.len() / dim);
    for (k, spread) in spread.chunks_exact_mut(dim).enumerate() {
        seen.residual(at.member(k, dim).1, residual);
        let solved = innovation.solve(residual, solution)?;
        descents.push(Descent { solved, breakdown: None });
        operator.adjoint(solution, spread);
    }
    Ok(descents)
}

impl<R: Real> Guidance<R> for Exact<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.denoiser
    }

    /// One solve with S and one vjp.
    fn gradients(
        &self,
        at: &mut States<'_, '_, R>,
        g: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        at.check(self.observation.dim(), g, evidence)?;
        let innovation = self.innovations.get(at.level)?;
        let descents = pull_back_solved("exact", &self.observation, &innovation, at, scratch)?;
        at.local.vjp(&scratch.field, g)?;
        witness(evidence, g, descents);
        Ok(())
    }

    fn noise_estimates(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        evidence: &mut [Evidence],
        scratch: &mut Scratch<R>,
    ) -> Result<()> {
        match &self.path {
            Some(path) => path.noise_estimates(x_t, level, eps, evidence, scratch, |at| self.pull(level, at)),
            None => self.plain_noise_estimates(x_t, level, eps, evidence, scratch),
        }
    }
}
