//! Progress on standard error: a bar on a terminal, a line now and then elsewhere.

use equipoise_benchmark::{Estimate, Job, Observer, Plan, Progress, Record, Results};
use indicatif::{FormattedDuration, ProgressBar, ProgressStyle};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The least time between two lines where there is no terminal.
const SILENCE: Duration = Duration::from_secs(10);

/// Shows jobs done, time left and the job under way. Time left is the estimate of the jobs that are
/// left, scaled by how the estimate of those done compares with the time they took.
pub(super) struct Display<'a> {
    bar: Option<ProgressBar>,
    rates: &'a Estimate,
    plan: Plan,
    state: RefCell<State>,
}

struct State {
    begun: Instant,
    told: Instant,
    /// Estimated seconds of the jobs left, and of those done by this run.
    left: f64,
    done: f64,
}

impl<'a> Display<'a> {
    pub(super) fn new(results: &Results, rates: &'a Estimate) -> anyhow::Result<Self> {
        let plan = results.manifest().plan;
        let (left, _) = rates.total(&plan, Some(results))?;
        let total = plan.jobs()?.len();
        let now = Instant::now();
        Ok(Self {
            bar: std::io::stderr().is_terminal().then(|| bar(total)),
            rates,
            plan,
            state: RefCell::new(State { begun: now, told: now, left, done: 0.0 }),
        })
    }

    /// Removes the bar.
    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn tell(&self, job: &Job, progress: Progress) {
        let mut state = self.state.borrow_mut();
        let pace = if state.done > 0.0 { state.begun.elapsed().as_secs_f64() / state.done } else { 1.0 };
        let left = FormattedDuration(Duration::from_secs_f64((pace * state.left).max(0.0)));
        match &self.bar {
            Some(bar) => {
                bar.set_position(progress.done as u64);
                bar.set_message(format!("{left} left · {job}"));
            }
            None if state.told.elapsed() >= SILENCE => {
                eprintln!("{} of {} jobs, {left} left: {job}", progress.done, progress.total);
                state.told = Instant::now();
            }
            None => {}
        }
    }
}

impl Observer for Display<'_> {
    fn started(&self, job: &Job, progress: Progress) {
        self.tell(job, progress);
    }

    fn finished(&self, job: &Job, _: &Record, progress: Progress) {
        let (seconds, _) = self.rates.of(&self.plan, job);
        {
            let mut state = self.state.borrow_mut();
            state.left -= seconds;
            state.done += seconds;
        }
        self.tell(job, progress);
    }
}

fn bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} · {elapsed} · {wide_msg}");
    let bar = ProgressBar::new(total as u64);
    bar.set_style(style.expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
