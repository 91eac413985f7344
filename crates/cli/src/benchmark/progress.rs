//! What a benchmark tells while it runs: jobs done, the time that is left, the job under way.

use crate::progress::Board;
use equipoise_benchmark::{Estimate, Job, Observer, Plan, Progress, Record, Results};
use indicatif::FormattedDuration;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Shows jobs done, time left and the job under way. Time left is the estimate of the jobs that are
/// left, scaled by how the estimate of those done compares with the time they took.
pub(super) struct Display<'a> {
    board: Board,
    rates: &'a Estimate,
    plan: Plan,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    /// Estimated seconds of the jobs left, and of those done by this run.
    left: f64,
    done: f64,
}

impl<'a> Display<'a> {
    pub(super) fn new(results: &Results, rates: &'a Estimate) -> anyhow::Result<Self> {
        let plan = results.manifest().plan;
        let (left, _) = rates.total(&plan, Some(results))?;
        let total = plan.jobs()?.len();
        Ok(Self {
            board: Board::new(total, "jobs"),
            rates,
            plan,
            state: RefCell::new(State { begun: Instant::now(), left, done: 0.0 }),
        })
    }

    /// Removes the bar.
    pub(super) fn close(&self) {
        self.board.close();
    }

    fn tell(&self, job: &Job, progress: Progress) {
        let state = self.state.borrow();
        let pace = if state.done > 0.0 { state.begun.elapsed().as_secs_f64() / state.done } else { 1.0 };
        let left = Duration::try_from_secs_f64((pace * state.left).max(0.0)).unwrap_or(Duration::MAX);
        self.tally.tell((progress.done, progress.total), &format!("{} left", FormattedDuration(left)), job);
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
