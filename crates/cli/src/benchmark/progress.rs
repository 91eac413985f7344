//! Progress of a benchmark on standard error.

use crate::progress::Tally;
use equipoise_benchmark::{Estimate, Job, Observer, Plan, Progress, Record, Results};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Shows jobs done, time left and the job under way. Time left is the estimate of the jobs that are
/// left, scaled by how the estimate of those done compares with the time they took.
pub(super) struct Display<'a> {
    tally: Tally,
    rates: &'a Estimate,
    plan: Plan,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    /// The one under way, of which only one is at a time.
    job: Option<Job>,
    /// Estimated seconds of the jobs left, and of those done by this run.
    left: f64,
    done: f64,
}

impl<'a> Display<'a> {
    pub(super) fn new(results: &Results, rates: &'a Estimate) -> Self {
        let state = State { begun: Instant::now(), job: None, left: rates.total(results).0, done: 0.0 };
        let tally = Tally::said(results.trials().len(), "jobs", results.lease().voice());
        tally.begin_at(results.trials().len() - results.pending().len());
        Self { tally, rates, plan: results.manifest().plan, state: Mutex::new(state) }
    }

    /// Removes the bar.
    pub(super) fn close(&self) {
        self.tally.close();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, state: &State, progress: Progress) {
        let Some(job) = &state.job else { return };
        let pace = if state.done > 0.0 { state.begun.elapsed().as_secs_f64() / state.done } else { 1.0 };
        self.tally.tell(progress.done, Some((pace * state.left).max(0.0)), job);
    }
}

impl Observer<Job> for Display<'_> {
    fn started(&self, job: &Job, progress: Progress) {
        let mut state = self.lock();
        state.job = Some(job.clone());
        self.tell(&state, progress);
    }

    fn finished(&self, _: &Record, progress: Progress) {
        let mut state = self.lock();
        let seconds = state.job.as_ref().map_or(0.0, |job| self.rates.of(&self.plan, job).0);
        state.left -= seconds;
        state.done += seconds;
        self.tell(&state, progress);
    }
}
