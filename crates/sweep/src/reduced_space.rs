//! Runs in reduced coordinates: no field between the start and the end.

use crate::{Accelerator, Approach, Boxed};
use equipoise_covariance::Memo;
use equipoise_field::sketched;
use equipoise_guidance::Strength;
use equipoise_innovation::Method as Solution;
use equipoise_operator::Gram;
use equipoise_reduced::{Draws, Likelihood, Outcome as Reached, Reduced, ReducedError, ReducedSpace, Start};
use equipoise_sampler::{Excursion, Outcome, PredictorCorrector, Trace};
use equipoise_scaling::Law;
use equipoise_schedule::Level;
use equipoise_solver::{
    Ensemble, Inference, Member, Method, ObservedGaussian, PosteriorSampler, Recipe, SolverError, Watch,
};
use std::sync::Arc;

/// What the noise of corrections may take, shared by the laws of one sub and seed.
const KEPT_NOISE: usize = 320 << 20;

/// Takes runs of `sda` and `exact`, Euler steps and Langevin corrections, to coordinates of the prior's
/// own: explicit modes, low rank or dense, where a step costs r² operations whatever the grid; a
/// stationary prior on a lattice whose stride divides the grid, where a step needs no transform.
///
/// They end as in full space, to rounding, but for corrections under explicit modes: their noise is drawn
/// in the coordinates, and the run has the law of one in full space.
///
/// The rows of explicit modes are `f64`: a run that overflows or loses its digits in an `f32` field on the
/// way may return here. Coordinates tell no entry: a run that ends beyond its bound is asked by bisection
/// when it left it, and one that comes back in time is not seen to have left.
pub struct ReducedRuns {
    /// Trials come problem by problem, and a space may keep noise: the last one alone is held.
    latest: Memo<usize, Latest>,
}

/// A problem, held so that no other comes to stand at the address that is its key, and its space;
/// `None` where it does not split.
type Latest = (Arc<ObservedGaussian<f32>>, Option<Arc<ReducedSpace<f32>>>);

impl Default for ReducedRuns {
    fn default() -> Self {
        Self { latest: Memo::keeping(1) }
    }
}

sketched!([] ReducedRuns, "ReducedRuns");

impl ReducedRuns {
    fn space(
        &self,
        gaussian: &Arc<ObservedGaussian<f32>>,
    ) -> Result<Option<Arc<ReducedSpace<f32>>>, ReducedError> {
        let (_, space) = self.latest.get(Arc::as_ptr(gaussian).addr(), || {
            let space = match ReducedSpace::new(Arc::clone(gaussian.wiener()), gaussian.observed().clone()) {
                Err(ReducedError::Structure { .. }) => None,
                space => Some(Arc::new(space?.keeping_noise(KEPT_NOISE))),
            };
            Ok::<_, ReducedError>((Arc::clone(gaussian), space))
        })?;
        Ok(space)
    }
}

/// The steps of a sampler that reduced runs take as well.
fn steps(inference: &Inference<f32>) -> Option<PredictorCorrector> {
    inference.sampler.steps()?.predictor_corrector(inference.sampler.grid())
}

impl Accelerator for ReducedRuns {
    fn name(&self) -> &'static str {
        "reduced"
    }

    fn takes(&self, inference: &Inference<f32>, recipe: &Recipe, law: Option<Law>) -> bool {
        let splits = |gaussian: &Arc<ObservedGaussian<f32>>| match gaussian.observed().method() {
            Solution::Modes => matches!(gaussian.observed().operator().gram(), Gram::Scaled(_)),
            Solution::Lattice => true,
            Solution::Dense | Solution::Iterative => false,
        };
        Approach::of_method(recipe).in_coefficients()
            && recipe.method().spec().lawful == law.is_some()
            && steps(inference).is_some()
            && inference.problem.as_gaussian().is_some_and(splits)
    }

    fn bind(
        &self,
        inference: &Inference<f32>,
        recipe: &Recipe,
        strength: Option<&Strength>,
    ) -> Boxed<Option<Box<dyn PosteriorSampler<f32>>>> {
        let likelihood = match strength {
            Some(strength) if recipe.method().spec().lawful => Likelihood::Law(strength.clone()),
            None if recipe.method() == Method::EXACT => Likelihood::Exact,
            _ => return Ok(None),
        };
        let problem = &inference.problem;
        let (Some(gaussian), Some(steps)) = (problem.as_gaussian(), steps(inference)) else {
            return Ok(None);
        };
        let Some(space) = self.space(gaussian)? else { return Ok(None) };
        let schedule = Arc::clone(&inference.schedule);
        let reduced = Reduced::bind(space, problem.observation(), likelihood, schedule, steps)?;
        Ok(Some(Box::new(InSpace { reduced, inference: inference.clone() })))
    }
}

struct InSpace {
    reduced: Reduced<f32>,
    inference: Inference<f32>,
}

impl PosteriorSampler<f32> for InSpace {
    /// Members side by side: what a level needs is made once for all.
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<f32>, SolverError> {
        let Inference { start, sampler, .. } = &self.inference;
        let (_, first) = self.level(sampler.grid().first());
        let starts: Vec<Vec<f32>> = members.iter().map(|m| start.draw(self.dim(), first, m.start)).collect();
        let draws = starts.iter().zip(members);
        let draws: Vec<Draws<'_, f32>> =
            draws.map(|(x_1, m)| Draws { start: Start::Field(x_1), langevin: m.langevin }).collect();
        let reached = self.reduced.ensemble(&draws).map_err(failed)?;
        let outcomes = reached.iter().zip(&draws).map(|(reached, draws)| self.outcome(reached, draws));
        let outcomes = outcomes.collect::<Result<Vec<_>, SolverError>>()?;
        (watch.go_on)(outcomes.len());
        Ok(Ensemble::new(outcomes))
    }
}

fn failed(error: ReducedError) -> SolverError {
    SolverError::Own(Box::new(error))
}

impl InSpace {
    fn level(&self, t: Option<&f64>) -> (f64, Level) {
        let t = t.copied().unwrap_or(1.0);
        (t, self.inference.schedule.level(t))
    }

    /// The outcome of a whole run.
    fn outcome(&self, reached: &Reached, draws: &Draws<'_, f32>) -> Result<Outcome<f32>, SolverError> {
        let last = self.inference.sampler.grid().len().saturating_sub(1);
        let mut outcome = self.field(reached, draws, last)?;
        let (Outcome::Finished { trace, .. } | Outcome::Diverged { trace, .. }) = &mut outcome;
        if let Some(end) = trace.excursion {
            trace.excursion = Some(self.first_excursion(draws, last, end)?);
        }
        Ok(outcome)
    }

    /// Where a run that ends beyond its bound left it: the first time, or a later one of a run that came
    /// back and left again.
    fn first_excursion(
        &self,
        draws: &Draws<'_, f32>,
        last: usize,
        end: Excursion,
    ) -> Result<Excursion, SolverError> {
        let (mut within, mut beyond, mut found) = (0, last, end);
        while beyond - within > 1 {
            let steps = usize::midpoint(within, beyond);
            let reached = self.reduced.run_until(steps, draws).map_err(failed)?;
            match self.field(&reached, draws, steps)?.trace().excursion {
                Some(excursion) => (beyond, found) = (steps, excursion),
                None => within = steps,
            }
        }
        Ok(found)
    }

    /// What a run reached after `steps` steps, as a field.
    fn field(
        &self,
        reached: &Reached,
        draws: &Draws<'_, f32>,
        steps: usize,
    ) -> Result<Outcome<f32>, SolverError> {
        let Inference { sampler, bound, .. } = &self.inference;
        let way = reached.trace();
        let mut trace = Trace {
            evaluations: way.evaluations,
            peak_deviation: Some(way.peak.rms),
            guidance_norm: way.guidance_norm,
            ..Trace::default()
        };
        let mut x = vec![f32::NAN; self.dim()];
        let (t, level) = match reached {
            Reached::Finished { end, .. } => {
                self.reduced.expand(draws.start, end, &mut x).map_err(failed)?;
                self.level(sampler.grid().get(steps))
            }
            Reached::Diverged { t, .. } => self.level(Some(t)),
        };
        Ok(match trace.inspect(&x, t, level, *bound) {
            Some(non_finite) => Outcome::Diverged { x, t, non_finite, trace },
            None => Outcome::Finished { x, trace },
        })
    }

    fn dim(&self) -> usize {
        self.inference.problem.dim()
    }
}
