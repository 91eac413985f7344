//! Runs in reduced coordinates: no field between the start and the end.

use crate::{Accelerator, BoxError};
use equipoise_covariance::Structure;
use equipoise_guidance::Strength;
use equipoise_reduced::{Draws, Likelihood, Outcome as Reached, Reduced, ReducedError, ReducedSpace, Start};
use equipoise_sampler::{Outcome, PredictorCorrector, Trace};
use equipoise_schedule::Level;
use equipoise_solver::{Inference, Member, Method, ObservedGaussian, PosteriorSampler, SolverError};
use std::sync::{Arc, Mutex, PoisonError};

/// What the noise of corrections may take, shared by the laws of one sub and seed.
const KEPT_NOISE: usize = 320 << 20;

/// Takes runs of `sda` and `exact` to coordinates of the prior's own where they end as in full space, to
/// rounding: Euler steps under explicit modes, low rank or dense, where a step costs r² operations
/// whatever the grid; Euler steps and Langevin corrections under a stationary prior on a lattice whose
/// stride divides the grid, where a step needs no transform.
///
/// The rows of explicit modes are `f64`: a run that overflows or loses its digits in an `f32` field on the
/// way may return here.
#[derive(Default)]
pub struct ReducedRuns {
    /// Trials come problem by problem, and a space may keep noise: the last one alone is held.
    latest: Mutex<Option<Latest>>,
}

/// A problem and its space; `None` where it does not split.
struct Latest {
    gaussian: Arc<ObservedGaussian<f32>>,
    space: Option<Arc<ReducedSpace<f32>>>,
}

impl ReducedRuns {
    fn space(
        &self,
        gaussian: &Arc<ObservedGaussian<f32>>,
    ) -> Result<Option<Arc<ReducedSpace<f32>>>, ReducedError> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = latest.as_ref().filter(|known| Arc::ptr_eq(&known.gaussian, gaussian)) {
            return Ok(known.space.clone());
        }
        let space = match ReducedSpace::new(Arc::clone(gaussian.wiener()), gaussian.observed().clone()) {
            Err(ReducedError::Structure { .. }) => None,
            space => Some(Arc::new(space?.keeping_noise(KEPT_NOISE))),
        };
        *latest = Some(Latest { gaussian: Arc::clone(gaussian), space: space.clone() });
        Ok(space)
    }
}

/// The steps of a sampler whose draws a reduced run takes as well.
fn steps(inference: &Inference<f32>, structure: &Structure<'_, f32>) -> Option<PredictorCorrector> {
    let sampler = &inference.sampler;
    let steps = match sampler.as_predictor_corrector() {
        Some(steps) => steps.clone(),
        // Without corrections their size plays no part.
        None if sampler.is_euler() => PredictorCorrector::new(sampler.grid().to_vec(), 0, 1.0).ok()?,
        None => return None,
    };
    match structure {
        Structure::Modes(_) => (steps.corrections() == 0).then_some(steps),
        Structure::Stationary(_) => Some(steps),
        _ => None,
    }
}

impl Accelerator for ReducedRuns {
    fn name(&self) -> &'static str {
        "reduced space"
    }

    /// Coordinates tell norms on the way, and no entry.
    fn times_excursions(&self) -> bool {
        false
    }

    fn bind(
        &self,
        inference: &Inference<f32>,
        method: Method,
        strength: Option<&Strength>,
    ) -> Result<Option<Box<dyn PosteriorSampler<f32>>>, BoxError> {
        let likelihood = match (method, strength) {
            (Method::Sda, Some(strength)) => Likelihood::Law(strength.clone()),
            (Method::Exact, None) => Likelihood::Exact,
            _ => return Ok(None),
        };
        let Some(gaussian) = &inference.gaussian else { return Ok(None) };
        let Some(steps) = steps(inference, &gaussian.wiener().prior_covariance().structure()) else {
            return Ok(None);
        };
        let Some(space) = self.space(gaussian)? else { return Ok(None) };
        let schedule = Arc::clone(&inference.schedule);
        let reduced = Reduced::bind(space, &inference.observation, likelihood, schedule, steps)?;
        Ok(Some(Box::new(InSpace { reduced, inference: inference.clone() })))
    }
}

struct InSpace {
    reduced: Reduced<f32>,
    inference: Inference<f32>,
}

impl InSpace {
    fn level(&self, t: Option<&f64>) -> (f64, Level) {
        let t = t.copied().unwrap_or(1.0);
        (t, self.inference.schedule.level(t))
    }
}

impl PosteriorSampler<f32> for InSpace {
    fn sample(&self, member: &Member) -> Result<Outcome<f32>, SolverError> {
        Ok(self.ensemble(std::slice::from_ref(member))?.remove(0))
    }

    /// Members side by side: what a level needs is made once for all.
    fn ensemble(&self, members: &[Member]) -> Result<Vec<Outcome<f32>>, SolverError> {
        let Inference { start, sampler, gaussian, .. } = &self.inference;
        let dim = gaussian.as_ref().map_or(0, |gaussian| gaussian.wiener().mean().len());
        let first = self.level(sampler.grid().first()).1;
        let starts: Vec<Vec<f32>> = members.iter().map(|m| start.draw(dim, first, m.start)).collect();
        let draws = starts.iter().zip(members);
        let draws: Vec<Draws<'_, f32>> =
            draws.map(|(x_1, m)| Draws { start: Start::Field(x_1), langevin: m.langevin }).collect();
        let reached = self.reduced.ensemble(&draws).map_err(failed)?;
        reached.iter().zip(&draws).map(|(reached, draws)| self.field(reached, draws.start, dim)).collect()
    }
}

fn failed(error: ReducedError) -> SolverError {
    SolverError::ReducedSpace { reason: error.to_string() }
}

impl InSpace {
    /// The end of a run as a field.
    fn field(
        &self,
        reached: &Reached,
        from: Start<'_, f32>,
        dim: usize,
    ) -> Result<Outcome<f32>, SolverError> {
        let way = reached.trace();
        let mut trace = Trace {
            evaluations: way.evaluations,
            peak: way.peak.rms,
            guidance_norm: way.guidance_norm,
            ..Trace::default()
        };
        Ok(match reached {
            Reached::Finished { end, .. } => {
                let mut x = vec![0.0; dim];
                self.reduced.expand(from, end, &mut x).map_err(failed)?;
                let (t, level) = self.level(self.inference.sampler.grid().last());
                match trace.inspect(&x, t, level, self.inference.bound) {
                    Some(non_finite) => Outcome::Diverged { x, t, non_finite, trace },
                    None => Outcome::Finished { x, trace },
                }
            }
            Reached::Diverged { t, .. } => {
                Outcome::Diverged { x: vec![f32::NAN; dim], t: *t, non_finite: dim, trace }
            }
        })
    }
}
