//! Progress on standard error: a bar on a terminal, a line now and then elsewhere.

use equipoise_sweep::{Cost, Flow, Observer, Output, Progress, Row, Trial};
use indicatif::{FormattedDuration, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two lines where there is no terminal.
const SILENCE: Duration = Duration::from_secs(10);

/// Shows trials done, time left and the trial begun last.
///
/// Time left follows the work done, in numbers denoised: D × members × steps × (1 + corrections)
/// a trial; in measured seconds where priors differ in cost.
pub(super) struct Display<'a> {
    bar: Option<ProgressBar>,
    cost: &'a Cost,
    /// D of each dataset.
    lengths: HashMap<String, usize>,
    /// Work of the trials that had no row at the start.
    work: f64,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    told: Instant,
    /// Work of the rows of this run.
    done: f64,
    trial: String,
}

impl<'a> Display<'a> {
    pub(super) fn new(output: &Output, flows: &[Flow], cost: &'a Cost) -> Self {
        let length = |flow: &Flow| (flow.name().to_owned(), flow.prior().shape().len());
        let lengths: HashMap<String, usize> = flows.iter().map(length).collect();
        let of = |t: &&Trial| {
            work(cost, &lengths, (&t.dataset, &t.prior), t.members * t.steps * (1 + t.corrections))
        };
        let now = Instant::now();
        Self {
            bar: std::io::stderr().is_terminal().then(|| bar(output.trials().len())),
            cost,
            work: output.pending().iter().map(of).sum(),
            lengths,
            state: Mutex::new(State { begun: now, told: now, done: 0.0, trial: String::new() }),
        }
    }

    /// Removes the bar.
    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn tell(&self, state: &mut State, progress: Progress) {
        let left = match state.done {
            0.0 => "time unknown".to_owned(),
            done => {
                let left = state.begun.elapsed().mul_f64(((self.work - done) / done).max(0.0));
                format!("{} left", FormattedDuration(left))
            }
        };
        match &self.bar {
            Some(bar) => {
                bar.set_position(progress.done as u64);
                bar.set_message(format!("{left} · {}", state.trial));
            }
            None if state.told.elapsed() >= SILENCE => {
                eprintln!("{} of {} trials, {left}: {}", progress.done, progress.total, state.trial);
                state.told = Instant::now();
            }
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Display<'_> {
    fn started(&self, trial: &Trial, progress: Progress) {
        let mut state = self.lock();
        state.trial = trial.to_string();
        self.tell(&mut state, progress);
    }

    fn finished(&self, row: &Row, progress: Progress) {
        let mut state = self.lock();
        let evaluations = row.members * row.steps * (1 + row.corrections);
        state.done += work(self.cost, &self.lengths, (&row.dataset, &row.prior), evaluations);
        self.tell(&mut state, progress);
    }
}

fn bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} · {elapsed} · {wide_msg}");
    let bar = ProgressBar::new(total as u64);
    bar.set_style(style.expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn work(
    cost: &Cost,
    lengths: &HashMap<String, usize>,
    (dataset, prior): (&str, &str),
    evaluations: usize,
) -> f64 {
    let length = lengths.get(dataset).copied().unwrap_or(1);
    cost.of(dataset, prior, evaluations).unwrap_or(length as f64 * evaluations as f64)
}
