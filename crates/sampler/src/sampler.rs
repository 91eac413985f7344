//! The sampler trait: one step, and the run that all samplers share.

use crate::{Kept, Noise, Outcome, Reached, Rest, Run, SamplerError, Steps};
use equipoise_field::{Length, Real, sketched};
use equipoise_guidance::Guidance;
use equipoise_schedule::Schedule;

/// A rule that advances x_t along a time grid with the guided noise estimate ε_y.
pub trait Sampler<R: Real>: Send + Sync {
    /// The times of the run, descending within [0, 1].
    fn grid(&self) -> &[f64];

    /// The times at which the guidance may be evaluated, in order, without repeats, as far as they are known
    /// beforehand: what is made for a level is made for these at once, and for others when they are met. Those at
    /// which steps begin, unless it is said otherwise.
    fn evaluated(&self) -> &[f64] {
        let grid = self.grid();
        &grid[..grid.len().saturating_sub(1)]
    }

    /// What the steps are made of. Unless it is stated nobody takes them elsewhere, certifies them or stops
    /// between two.
    fn steps(&self) -> Option<Steps> {
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
    /// [`SamplerError::Length`] for a start of another length, and for the outcomes of a
    /// [`run_batch`](Self::run_batch) of one's own; those of [`step`](Self::step).
    fn run(
        &self,
        guidance: &dyn Guidance<R>,
        schedule: &dyn Schedule,
        start: Vec<R>,
        noise: &dyn Noise<R>,
        bound: f64,
    ) -> Result<Outcome<R>, SamplerError> {
        only(self.run_batch(guidance, schedule, start, &[noise], bound)?)
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

    /// Runs one member from a state that was kept, or from its start, with the bits of a run that was never
    /// stopped. `between` sees it after every step but the last, and answers whether to go on.
    ///
    /// # Errors
    /// [`SamplerError::Remembers`] unless steps [follow from the state](Steps::follows_from_state),
    /// [`SamplerError::Beyond`] for a state with more steps behind it than there are, and as [`run`](Self::run).
    fn run_from(
        &self,
        guidance: &dyn Guidance<R>,
        schedule: &dyn Schedule,
        from: Kept<R>,
        noise: &dyn Noise<R>,
        bound: f64,
        between: &mut dyn FnMut(Reached<'_, R>) -> bool,
    ) -> Result<Rest<R>, SamplerError> {
        let steps = self.grid().len().saturating_sub(1);
        if !self.steps().is_some_and(|steps| steps.follows_from_state) {
            return Err(SamplerError::Remembers);
        }
        if from.done > steps {
            return Err(SamplerError::Beyond { found: from.done, expected: steps });
        }
        let done = from.done;
        let mut run = Run::alone(guidance, schedule, from, noise, bound)?;
        for (index, times) in self.grid().windows(2).enumerate().skip(done) {
            let (t, next) = (times[0], times[1]);
            self.step(&mut run, index, t, next)?;
            run.inspect(next)?;
            let Some(trace) = run.trace() else { break };
            let done = index + 1;
            if done < steps && !between(Reached { done, steps, x: &run.x, trace }) {
                let trace = trace.clone();
                return Ok(Rest::Stopped(Kept { done, x: std::mem::take(&mut run.x), trace }));
            }
        }
        only(run.finish()).map(Rest::Ended)
    }
}

sketched!([R: Real] dyn Sampler<R> + '_, "Sampler", |own| times = own.grid().len());

/// The outcome of a batch of one.
fn only<R>(mut outcomes: Vec<Outcome<R>>) -> Result<Outcome<R>, SamplerError> {
    let wrong = Length { what: "outcomes", found: outcomes.len(), expected: 1 };
    Ok(outcomes.pop().filter(|_| wrong.found == 1).ok_or(wrong)?)
}
