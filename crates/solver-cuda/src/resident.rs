//! A problem that lies on the device, and its runs.

use crate::arrays::Arrays;
use crate::engine::{Element, Engine};
use crate::{Extent, Problem, StepError};
use equipoise_field::{Length, Real, sum};
use equipoise_sampler::{Outcome, SamplerError, Trace};
use equipoise_solver::{Ensemble, Independent, Member, PosteriorSampler, SolverError, Watch};
use equipoise_wiener::gain;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A posterior sampler whose runs stay on a device from x_1 to x_0; members run one after another.
///
/// A run that diverges ends in the state in which it did, as on the CPU, and is found at its end: the
/// steps after it change nothing. The ‖g‖ of its trace is NaN.
pub struct Resident<R: Real + Element, E: Engine<R>> {
    engine: Arc<E>,
    problem: Problem<R>,
    arrays: Mutex<Arrays<R, E>>,
}

/// What the last step left: UᵀAᵀp and p.
struct Last<R> {
    pulled: Vec<R>,
    weighted: Vec<R>,
}

impl<R: Real> Last<R> {
    fn new(problem: &Problem<R>) -> Self {
        let modes = problem.gaussian.wiener().prior_covariance().eigenvalues().len();
        Self { pulled: vec![R::zero(); modes], weighted: vec![R::zero(); problem.points.len()] }
    }
}

impl<R: Real + Element, E: Engine<R>> Resident<R, E> {
    /// Copies a problem to the device.
    ///
    /// # Errors
    /// [`StepError`] when the device fails, or has no room for r (D + N) numbers and a few fields.
    pub fn new(engine: Arc<E>, problem: Problem<R>) -> Result<Self, StepError> {
        let arrays = Mutex::new(Arrays::new(&engine, &problem)?);
        Ok(Self { engine, problem, arrays })
    }

    /// Runs from `start`, of length D, to the end of the grid.
    ///
    /// # Errors
    /// [`StepError::Sampler`] for a start of another length; [`StepError`] when the device fails.
    pub fn run(&self, mut start: Vec<R>) -> Result<Outcome<R>, StepError> {
        let (problem, engine) = (&self.problem, &*self.engine);
        Length::check("start", start.len(), problem.dim()).map_err(SamplerError::from)?;
        let steps = &problem.levels.steps;
        let mut extents = vec![Extent::default(); steps.len()];
        let mut last = Last::new(problem);
        {
            // Held while the device works, and not while the threads of a pool share a sum.
            let arrays = &mut *self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
            engine.overwrite(&start, &mut arrays.state)?;
            engine.overwrite(&extents, &mut arrays.extents)?;
            steps.iter().try_for_each(|step| arrays.step(engine, step, problem.levels.weight))?;
            engine.download(&arrays.extents, &mut extents)?;
            engine.download(&arrays.state, &mut start)?;
            engine.download(&arrays.pulled, &mut last.pulled)?;
            engine.download(&arrays.weighted, &mut last.weighted)?;
        }
        let mut trace = Trace { guidance_norm: f64::NAN, ..Trace::default() };
        for (step, extent) in steps.iter().zip(extents) {
            trace.evaluations += 1;
            if let Some(non_finite) = trace.inspect_size(extent.size(), step.t, step.then, problem.bound) {
                return Ok(Outcome::Diverged { x: start, t: step.t, non_finite, trace });
            }
        }
        trace.guidance_norm = self.guidance_norm(&last);
        Ok(Outcome::Finished { x: start, trace })
    }

    /// ‖g‖ of the last step: g = J Aᵀp has the share j_k (UᵀAᵀp)_k of mode k, and j_⊥ times what the
    /// modes leave of ‖p‖ = ‖Aᵀp‖. 0 without steps.
    fn guidance_norm(&self, Last { pulled, weighted }: &Last<R>) -> f64 {
        let Some(last) = self.problem.levels.steps.last() else { return 0.0 };
        let covariance = self.problem.gaussian.wiener().prior_covariance();
        let gain = |k: usize| gain::jacobian(last.now, covariance.eigenvalues()[k]);
        let along = sum::of(pulled.len(), |k| (gain(k) * pulled[k].wide()).powi(2));
        let beyond = (sum::squared_norm(weighted) - sum::squared_norm(pulled)).max(0.0);
        self.problem.factor * (along + last.arguments.rest.powi(2) * beyond).sqrt()
    }
}

impl<R: Real + Element, E: Engine<R>> fmt::Debug for Resident<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resident").field("problem", &self.problem).finish_non_exhaustive()
    }
}

impl<R: Real + Element, E: Engine<R>> Independent<R> for Resident<R, E> {
    /// The device has one set of arrays.
    fn batch(&self) -> usize {
        1
    }

    fn run(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        let Problem { schedule, start, first, .. } = &self.problem;
        let level = schedule.level(*first);
        let outcome = |member: &Member| {
            let x_1 = start.draw(self.problem.dim(), level, member.start);
            Ok(Self::run(self, x_1)?)
        };
        members.iter().map(outcome).collect()
    }
}

impl<R: Real + Element, E: Engine<R>> PosteriorSampler<R> for Resident<R, E> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>, SolverError> {
        self.draw_each(members, watch)
    }
}
