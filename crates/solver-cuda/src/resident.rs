//! A problem that lies on the device, and its runs.

use crate::arrays::Arrays;
use crate::{Cuda, Extent, Number, Problem, StepError};
use equipoise_field::{Length, sketched, sum};
use equipoise_sampler::{Outcome, SamplerError, Trace};
use equipoise_solver::{Ensemble, Independent, Inference, Member, PosteriorSampler, SolverError, Watch};
use equipoise_wiener::gain;
use std::sync::{Arc, Mutex, PoisonError};

/// A posterior sampler whose runs stay on a device from x_1 to x_0; members run one after another.
///
/// A run that diverges ends in the state in which it did, as on the CPU, and is found at its end: the
/// steps after it change nothing. The ‖g‖ of its trace is NaN.
pub struct Resident<R: Number> {
    cuda: Arc<Cuda>,
    problem: Problem<R>,
    arrays: Mutex<Arrays<R>>,
}

impl<R: Number> Resident<R> {
    /// Copies a problem to the device.
    ///
    /// # Errors
    /// [`StepError`] when the device fails, or has no room for r (D + N) numbers and a few fields.
    pub fn new(cuda: Arc<Cuda>, problem: Problem<R>) -> Result<Self, StepError> {
        let arrays = Mutex::new(Arrays::new(&cuda, &problem)?);
        Ok(Self { cuda, problem, arrays })
    }

    /// Runs from `start`, of length D, to the end of the grid.
    ///
    /// # Errors
    /// [`StepError::Sampler`] for a start of another length; [`StepError`] when the device fails.
    pub fn run(&self, mut start: Vec<R>) -> Result<Outcome<R>, StepError> {
        let (problem, cuda, device) = (&self.problem, &*self.cuda, self.cuda.device());
        Length::check("start", start.len(), problem.dim()).map_err(SamplerError::from)?;
        let steps = &problem.levels.steps;
        let mut extents = vec![Extent::default(); steps.len()];
        let modes = problem.gaussian.wiener().prior_covariance().eigenvalues().len();
        let (mut pulled, mut weighted) = (vec![R::zero(); modes], vec![R::zero(); problem.points.len()]);
        {
            // Held while the device works, and not while the threads of a pool share a sum.
            let arrays = &mut *self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
            device.overwrite(&start, &mut arrays.state)?;
            device.overwrite(&extents, &mut arrays.extents)?;
            steps.iter().try_for_each(|step| arrays.step(cuda, step, problem.levels.weight))?;
            device.download(&arrays.extents, &mut extents)?;
            device.download(&arrays.state, &mut start)?;
            device.download(&arrays.pulled, &mut pulled)?;
            device.download(&arrays.weighted, &mut weighted)?;
        }
        let mut trace = Trace { guidance_norm: f64::NAN, ..Trace::default() };
        for (step, extent) in steps.iter().zip(extents) {
            trace.evaluations += 1;
            if let Some(non_finite) =
                trace.inspect_size(extent.size(), step.t, step.then, problem.inference.bound)
            {
                return Ok(Outcome::Diverged { x: start, t: step.t, non_finite, trace });
            }
        }
        trace.guidance_norm = self.guidance_norm(&pulled, &weighted);
        Ok(Outcome::Finished { x: start, trace })
    }

    /// ‖g‖ of the last step, which left UᵀAᵀp and p: g = J Aᵀp has the share j_k (UᵀAᵀp)_k of mode k, and j_⊥ times what the
    /// modes leave of ‖p‖ = ‖Aᵀp‖. 0 without steps.
    fn guidance_norm(&self, pulled: &[R], weighted: &[R]) -> f64 {
        let Some(last) = self.problem.levels.steps.last() else { return 0.0 };
        let covariance = self.problem.gaussian.wiener().prior_covariance();
        let gain = |k: usize| gain::jacobian(last.now, covariance.eigenvalues()[k]);
        let along = sum::of(pulled.len(), |k| (gain(k) * pulled[k].wide()).powi(2));
        let beyond = (sum::squared_norm(weighted) - sum::squared_norm(pulled)).max(0.0);
        self.problem.factor * (along + last.coefficients.rest.powi(2) * beyond).sqrt()
    }
}

sketched!([R: Number] Resident<R>, "Resident", |own| problem = own.problem);

impl<R: Number> Independent<R> for Resident<R> {
    /// The device has one set of arrays.
    fn batch(&self) -> usize {
        1
    }

    fn run(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        let Inference { schedule, sampler, start, .. } = &self.problem.inference;
        // x_1 of a grid without times is that of t = 1.
        let level = schedule.level(sampler.grid().first().copied().unwrap_or(1.0));
        let outcome = |member: &Member| {
            let x_1 = start.draw(self.problem.dim(), level, member.start);
            Ok(Self::run(self, x_1)?)
        };
        members.iter().map(outcome).collect()
    }
}

impl<R: Number> PosteriorSampler<R> for Resident<R> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>, SolverError> {
        self.draw_each(members, watch)
    }
}
