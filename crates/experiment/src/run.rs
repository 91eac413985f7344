//! Running the trials of a plan that have no row yet.

use crate::{Boxed, Error, Output, Record, Result};
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::Span;

/// One trial of a plan: what has one row.
pub trait Work: fmt::Display + Sync + Sized {
    /// The plan.
    type Plan: Clone + fmt::Debug + Serialize + DeserializeOwned + Send;
    /// The row.
    type Record: Record + Send;
    /// The names of the tables in the output folder.
    const TABLES: &'static [&'static str];

    /// What tells it apart from every other trial.
    ///
    /// # Errors
    /// Where it has none.
    fn identity(&self) -> Result<String>;

    /// Whether both share what is made once for many; such trials are carried out together.
    fn same_scene(&self, other: &Self) -> bool;

    /// Whether one shard must carry out both, adjacent in the plan: one needs the row of the other.
    fn inseparable(&self, _: &Self) -> bool {
        false
    }

    /// What faults call it.
    fn told(&self) -> String {
        format!("trial `{self}`")
    }

    /// Writes the tables of these rows.
    ///
    /// # Errors
    /// If a file cannot be written.
    fn write(folder: &Path, rows: &[Self::Record]) -> Result<()>;
}

/// The identities of trials.
///
/// # Errors
/// [`Error::Repeated`] where two are the same.
pub fn identities<W: Work>(trials: &[W]) -> Result<Vec<String>> {
    let all = trials.par_iter().map(W::identity).collect::<Result<Vec<String>>>()?;
    let mut seen = HashSet::with_capacity(all.len());
    match all.iter().position(|identity| !seen.insert(identity.as_str())) {
        Some(place) => Err(Error::Repeated { work: trials[place].told() }),
        None => Ok(all),
    }
}

/// What carries out a trial.
///
/// Trials reach it in plan order, from several threads at a time where `parallel_inside` is false;
/// trials of one scene never overlap with those of another. No lock is to be held while work is shared
/// among the threads: one that waits for its share takes up another's, which may want the same lock.
pub trait Executor<W: Work>: Sync {
    /// Carries out one trial and measures its seconds. A diverged trial is a row.
    ///
    /// # Errors
    /// Whatever keeps the trial from having a row; it ends the run.
    fn execute(&self, trial: &W) -> Boxed<W::Record>;

    /// Whether the trial should have all threads to itself.
    fn parallel_inside(&self, trial: &W) -> bool;
}

/// What watches a run. Calls may come from several threads.
pub trait Observer<W: Work>: Sync {
    /// A trial begins.
    fn started(&self, trial: &W, progress: Progress);

    /// A trial has its row on the disk.
    fn finished(&self, row: &W::Record, progress: Progress);
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Trials with a row.
    pub done: usize,
    /// Those of them that had their row before this run.
    pub skipped: usize,
    /// Trials of the plan.
    pub total: usize,
}

/// When the tables are written while trials run: at whichever of rows and interval comes first, and no more often than
/// their share of the time allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// After this many new rows.
    pub rows: usize,
    /// At the first new row after this time.
    pub interval: Duration,
    /// The most of the time that goes into them, over 0.
    pub share: f64,
}

impl Policy {
    /// A fiftieth of the time.
    pub const SHARE: f64 = 0.02;
}

impl Default for Policy {
    fn default() -> Self {
        Self { rows: 32, interval: Duration::from_secs(5), share: Self::SHARE }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Trials carried out by this run.
    pub finished: usize,
    /// Trials that had a row before.
    pub skipped: usize,
    /// Whether the stop flag left trials without a row.
    pub interrupted: bool,
}

/// Carries out every trial of `output` that has no row, on the current rayon pool, and writes the
/// tables and the manifest at the end, however it ends.
///
/// `stop` is read before each trial; a trial under way is finished.
///
/// # Errors
/// The first fault of the executor or of a file. Trials under way on other threads are still
/// finished and have their rows.
pub fn run<W: Work>(
    output: &Output<W>,
    executor: &dyn Executor<W>,
    observer: &dyn Observer<W>,
    stop: &AtomicBool,
    policy: Policy,
) -> Result<Summary> {
    let pending = output.pending();
    let had_rows = output.trials().len() - pending.len();
    let span = tracing::info_span!("run", trials = output.trials().len(), had_rows);
    let run = Run {
        output,
        executor,
        observer,
        stop,
        policy,
        skipped: had_rows,
        span: &span,
        finished: AtomicUsize::new(0),
        fault: Mutex::new(None),
        faulty: AtomicBool::new(false),
        saved: Mutex::new(Saved { rows: 0, ended: Instant::now(), took: Duration::ZERO }),
    };
    let _within = span.enter();
    let inside = |trial: &W| executor.parallel_inside(trial);
    for batch in pending.chunk_by(|a, b| a.same_scene(b) && inside(a) == inside(b)) {
        if inside(batch[0]) { run.in_turn(batch) } else { run.side_by_side(batch) }
    }
    let closed = output.close();
    match run.fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(fault) => Err(fault),
        None => closed,
    }?;
    let finished = run.finished.into_inner();
    Ok(Summary { finished, skipped: run.skipped, interrupted: finished < pending.len() })
}

/// The last checkpoint.
struct Saved {
    /// New rows then.
    rows: usize,
    ended: Instant,
    took: Duration,
}

struct Run<'a, W: Work> {
    output: &'a Output<W>,
    executor: &'a dyn Executor<W>,
    observer: &'a dyn Observer<W>,
    stop: &'a AtomicBool,
    policy: Policy,
    skipped: usize,
    /// What trials are told within, on whatever thread they run.
    span: &'a Span,
    finished: AtomicUsize,
    fault: Mutex<Option<Error>>,
    faulty: AtomicBool,
    saved: Mutex<Saved>,
}

impl<W: Work> Run<'_, W> {
    fn in_turn(&self, batch: &[&W]) {
        for trial in batch {
            if self.halted() {
                return;
            }
            self.take(trial);
        }
    }

    /// One loop a thread over a shared counter: trials start in plan order and the pool has no trial
    /// waiting that a thread could steal, and so nest, while it waits inside another.
    fn side_by_side(&self, batch: &[&W]) {
        let next = AtomicUsize::new(0);
        rayon::broadcast(|_| {
            while !self.halted() {
                let Some(trial) = batch.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                self.take(trial);
            }
        });
    }

    fn halted(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.faulty.load(Ordering::Relaxed)
    }

    fn take(&self, trial: &W) {
        if let Err(fault) = self.finish(trial) {
            let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert(fault);
            self.faulty.store(true, Ordering::Relaxed);
        }
    }

    fn finish(&self, trial: &W) -> Result<()> {
        self.observer.started(trial, self.progress(self.finished.load(Ordering::Relaxed)));
        let within = tracing::debug_span!(parent: self.span, "trial", %trial).entered();
        let row = self.executor.execute(trial);
        drop(within);
        let row = row.map_err(|source| Error::Work { work: trial.told(), source })?;
        let row = row.by(self.output.build());
        self.output.lease().check()?;
        self.output.journal().append(&row)?;
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        self.observer.finished(&row, self.progress(finished));
        self.checkpoint(finished)
    }

    fn progress(&self, finished: usize) -> Progress {
        let total = self.output.trials().len();
        Progress { done: self.skipped + finished, skipped: self.skipped, total }
    }

    fn checkpoint(&self, finished: usize) -> Result<()> {
        // Whoever holds the lock is writing the table already.
        let Ok(mut saved) = self.saved.try_lock() else { return Ok(()) };
        let (new, since, begun) =
            (finished.saturating_sub(saved.rows), saved.ended.elapsed(), Instant::now());
        let Policy { rows, interval, share } = self.policy;
        if (new < rows && since < interval) || since.as_secs_f64() * share < saved.took.as_secs_f64() {
            return Ok(());
        }
        self.span.in_scope(|| self.output.checkpoint())?;
        *saved = Saved { rows: finished, ended: Instant::now(), took: begun.elapsed() };
        Ok(())
    }
}
