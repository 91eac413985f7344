//! Runs in reduced coordinates: no field between the start and the end.

use crate::{Accelerator, BoxError};
use equipoise_guidance::Strength;
use equipoise_reduced::{Draws, Likelihood, Outcome as Reached, Reduced, ReducedError, ReducedSpace, Start};
use equipoise_sampler::{Outcome, PredictorCorrector, Trace};
use equipoise_schedule::Level;
use equipoise_solver::{Inference, Member, Method, PosteriorSampler, SolverError};
use std::sync::Arc;

/// Takes Euler runs of `sda` and `exact` under a prior with explicit modes, low rank or dense, to
/// coordinates of their own, where a step costs r² operations whatever the grid.
///
/// From the same start a run ends where the one in full space does, to rounding. Coordinates are
/// `f64`: a run that overflows or loses its digits in an `f32` field on the way may return here.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReducedRuns;

impl Accelerator for ReducedRuns {
    fn name(&self) -> &'static str {
        "reduced space"
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
        let Inference { gaussian: Some(gaussian), sampler, .. } = inference else { return Ok(None) };
        let modes = gaussian.wiener().prior_covariance().structure();
        if !(sampler.is_euler() && matches!(modes, equipoise_covariance::Structure::Modes(_))) {
            return Ok(None);
        }
        let space = match ReducedSpace::new(Arc::clone(gaussian.wiener()), gaussian.observed().clone()) {
            Err(ReducedError::Structure { .. }) => return Ok(None),
            space => Arc::new(space?),
        };
        // Without corrections their size plays no part.
        let steps = PredictorCorrector::new(sampler.grid().to_vec(), 0, 1.0)?;
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
        let Inference { start, sampler, gaussian, bound, .. } = &self.inference;
        let dim = gaussian.as_ref().map_or(0, |gaussian| gaussian.wiener().mean().len());
        let failed = |error: ReducedError| SolverError::Device { reason: error.to_string() };
        let x_1 = start.draw(dim, self.level(sampler.grid().first()).1, member.start);
        let draws = Draws { start: Start::Field(&x_1), langevin: member.langevin };
        let reached = self.reduced.run(&draws).map_err(failed)?;
        let way = reached.trace();
        let mut trace = Trace {
            evaluations: way.evaluations,
            peak: way.peak.rms,
            guidance_norm: way.guidance_norm,
            ..Trace::default()
        };
        match reached {
            Reached::Finished { end, .. } => {
                let mut x = vec![0.0; dim];
                self.reduced.expand(Start::Field(&x_1), &end, &mut x).map_err(failed)?;
                let (t, level) = self.level(sampler.grid().last());
                Ok(match trace.inspect(&x, t, level, *bound) {
                    Some(non_finite) => Outcome::Diverged { x, t, non_finite, trace },
                    None => Outcome::Finished { x, trace },
                })
            }
            Reached::Diverged { t, .. } => {
                Ok(Outcome::Diverged { x: vec![f32::NAN; dim], t, non_finite: dim, trace })
            }
        }
    }
}
