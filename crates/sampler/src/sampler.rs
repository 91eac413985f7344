//! The sampler trait: one step, and the run that all samplers share.

use crate::{Noise, Outcome, PredictorCorrector, Run, SamplerError};
use equipoise_field::Real;
use equipoise_guidance::Guidance;
use equipoise_schedule::Schedule;

/// A rule that advances x_t along a time grid with the guided noise estimate ε_y.
pub trait Sampler<R: Real>: Send + Sync {
    /// The times of the run, descending within [0, 1].
    fn grid(&self) -> &[f64];

    /// The times at which the guidance may be evaluated, in order, without repeats, as far as they are known
    /// beforehand: what is made for a level is made for these at once, and for others when they are met.
    fn evaluated(&self) -> &[f64];

    /// Whether every step is [`Run::advance`] after one evaluation at its beginning, without noise.
    ///
    /// Whoever takes such steps elsewhere needs nothing but [`grid`](Self::grid).
    fn is_euler(&self) -> bool {
        false
    }

    /// The steps, where they are those of [`PredictorCorrector`].
    fn as_predictor_corrector(&self) -> Option<&PredictorCorrector> {
        None
    }

    /// Step number `index` of every member, from `t` to `next` < `t`: replaces `run.x`. What it does for a
    /// member must not depend on another.
    ///
    /// # Errors
    /// [`SamplerError::Level`], [`SamplerError::Guidance`].
    fn step(&self, run: &mut Run<'_, R>, index: usize, t: f64, next: f64) -> Result<(), SamplerError>;

    /// Runs one member from `start`, of length D, to the end of the grid.
    ///
    /// `bound` is the largest |x| that a clean state can have; the trace records the first
    /// |x_t| > μ·bound + 10σ. A state that is not finite ends the run.
    ///
    /// # Errors
    /// [`SamplerError::Start`], and those of [`step`](Self::step); [`SamplerError::Outcomes`] from a
    /// [`run_batch`](Self::run_batch) of one's own.
    fn run(
        &self,
        guidance: &dyn Guidance<R>,
        schedule: &dyn Schedule,
        start: Vec<R>,
        noise: &dyn Noise<R>,
        bound: f64,
    ) -> Result<Outcome<R>, SamplerError> {
        let mut outcomes = self.run_batch(guidance, schedule, start, &[noise], bound)?;
        let found = outcomes.len();
        outcomes.pop().filter(|_| found == 1).ok_or(SamplerError::Outcomes { found, expected: 1 })
    }

    /// Runs n members side by side, from n·D numbers in `starts`, each with a noise of its own and the bits
    /// that it has alone; outcomes in their order.
    ///
    /// # Errors
    /// As [`run`](Self::run); an error of one is an error of all.
    fn run_batch(
        &self,
        guidance: &dyn Guidance<R>,
        schedule: &dyn Schedule,
        starts: Vec<R>,
        noises: &[&dyn Noise<R>],
        bound: f64,
    ) -> Result<Vec<Outcome<R>>, SamplerError> {
        let mut run = Run::new(guidance, schedule, starts, noises, bound)?;
        for (index, times) in self.grid().windows(2).enumerate() {
            if run.members() == 0 {
                break;
            }
            let (t, next) = (times[0], times[1]);
            self.step(&mut run, index, t, next)?;
            run.inspect(next)?;
        }
        Ok(run.finish())
    }
}
