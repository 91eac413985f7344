//! The exact guidance of a Gaussian prior: g = Jᵀ Aᵀ (s²I + A V Aᵀ)⁻¹ r.

use crate::gaussian::{GaussianPath, Prediction};
use crate::guide::sized;
use crate::{Evidence, Guidance, GuidanceError, LevelTable, Scratch};
use equipoise_observation::Observed;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, each};
use equipoise_innovation::{Innovation, ObservedPrior};
use equipoise_observation::Descent;
use equipoise_schedule::Level;
use equipoise_wiener::gain;
use std::sync::Arc;

/// ∇ log N(y; A x̂, s²I + A V Aᵀ) with the true V = Cov[x | x_t]: p(y | x_t) itself when x is
/// Gaussian and A linear. Equals MMPS (Rozet et al. 2024, arXiv 2405.13712) with a converged solver.
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
    fn pull(&self, level: Level, at: Prediction<'_, R>) -> Result<(f64, Evidence), GuidanceError> {
        self.observation.linear("exact")?;
        each::map2(at.residual, at.values, self.observation.values(), |a, y| y - a);
        let innovation = self.innovations.get(level)?;
        let solved = innovation.solve_with_coefficients(at.residual, at.weighted, at.coefficients)?;
        let (iterations, residual) = (solved.iterations, solved.residual);
        Ok((1.0, Evidence { iterations, residual, ..Evidence::default() }))
    }

    /// s²I + A V Aᵀ factored at every level.
    ///
    /// # Errors
    /// [`GuidanceError::Innovation`].
    pub fn innovations(
        observed: &ObservedPrior<R>,
        levels: &[Level],
    ) -> Result<Arc<LevelTable<Innovation<R>>>, GuidanceError> {
        let make = |level: Level| observed.innovation(&move |l| gain::covariance(level, l));
        Ok(Arc::new(LevelTable::build("innovation covariance", levels, make)?))
    }
}

impl<R: Real> Guidance<R> for Exact<R> {
    fn denoiser(&self) -> &dyn Denoiser<R> {
        &*self.denoiser
    }

    /// One solve with S and one vjp.
    fn gradient(
        &self,
        x_t: &[R],
        level: Level,
        x_hat: &[R],
        g: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        let operator = self.observation.linear("exact")?;
        let innovation = self.innovations.get(level)?;
        let count = self.observation.count();
        let residual = sized(&mut scratch.residual, count);
        self.observation.residual(x_hat, residual);
        let solution = sized(&mut scratch.weighted, count);
        let solved = innovation.solve(residual, solution)?;
        let spread = sized(&mut scratch.field, x_t.len());
        operator.adjoint(solution, spread);
        self.denoiser.vjp(x_t, level, spread, g)?;
        Ok(Evidence::of(g, Descent { solved, breakdown: None }))
    }

    fn noise_estimate(
        &self,
        x_t: &[R],
        level: Level,
        eps: &mut [R],
        scratch: &mut Scratch<R>,
    ) -> Result<Evidence, GuidanceError> {
        match &self.path {
            Some(path) => path.noise_estimate(x_t, level, eps, scratch, |at| self.pull(level, at)),
            None => self.plain_noise_estimate(x_t, level, eps, scratch),
        }
    }
}
