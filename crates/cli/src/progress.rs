//! Progress on standard error, unless it is to be quiet there.

use crate::{interrupt, messages};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two lines where there is no terminal.
const SILENCE: Duration = Duration::from_secs(10);

/// Parts of a run done, until Ctrl-C: a bar on a terminal, silence elsewhere.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl Progress {
    /// Of `total` parts, named in the plural.
    ///
    /// # Errors
    /// If the system refuses to watch for Ctrl-C.
    pub(crate) fn new(total: usize, parts: &str) -> anyhow::Result<Self> {
        let stop = interrupt::flag()?;
        Ok(Self {
            bar: bar(total, &format!("{{pos}}/{{len}} {parts} · {{elapsed}} · {{eta}} left")),
            stop,
            done: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        })
    }

    /// Shows one part more; false once Ctrl-C was pressed.
    pub(crate) fn next(&self) -> bool {
        let go_on = self.tell(1 + self.done.fetch_add(1, Ordering::Relaxed));
        self.stopped.store(!go_on, Ordering::Relaxed);
        go_on
    }

    /// Whether [`next`](Self::next) said so.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Shows the parts done; false once Ctrl-C was pressed.
    pub(crate) fn tell(&self, done: usize) -> bool {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
        !self.stop.load(Ordering::Relaxed)
    }

    /// Shows parts that an earlier run has done, which say nothing of the time left.
    pub(crate) fn begin_at(&self, done: usize) {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
            bar.reset_eta();
        }
    }

    /// Removes the bar.
    pub(crate) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Units of work done and time left: a bar on a terminal, a line now and then elsewhere.
pub(crate) struct Tally {
    bar: Option<ProgressBar>,
    /// What the units are, in the plural.
    units: &'static str,
    told: Mutex<Instant>,
}

impl Tally {
    pub(crate) fn new(total: usize, units: &'static str) -> Self {
        let bar = bar(total, "{pos}/{len} · {elapsed} · {wide_msg}");
        Self { bar, units, told: Mutex::new(Instant::now()) }
    }

    /// Shows the units done, the time left in words, and the unit under way.
    pub(crate) fn tell(&self, (done, total): (usize, usize), left: &str, unit: impl std::fmt::Display) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.bar {
            Some(bar) => {
                bar.set_position(done as u64);
                bar.set_message(format!("{left} · {unit}"));
            }
            None if told.elapsed() >= SILENCE => {
                note!("{done} of {total} {}, {left}: {unit}", self.units);
                *told = Instant::now();
            }
            None => {}
        }
    }

    /// Removes the bar.
    pub(crate) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar with what `told` says beside it, where one is to be drawn.
fn bar(total: usize, told: &str) -> Option<ProgressBar> {
    if !messages::shows_bars() {
        return None;
    }
    let style = ProgressStyle::with_template(&format!("{{bar:30}} {told}"));
    let bar = ProgressBar::new(total as u64);
    bar.set_style(style.expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(500));
    Some(bar)
}
