//! Progress on standard error: a bar on a terminal, silence elsewhere.

use crate::{interrupt, messages};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least time between two lines where there is no terminal.
const SILENCE: Duration = Duration::from_secs(10);

/// Parts of a run done, until Ctrl-C.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
}

impl Progress {
    /// Of `total` parts, named in the plural.
    ///
    /// # Errors
    /// If the system refuses to watch for Ctrl-C.
    pub(crate) fn new(total: usize, parts: &str) -> anyhow::Result<Self> {
        let stop = interrupt::flag()?;
        Ok(Self { bar: bar(total, &format!("{{pos}}/{{len}} {parts} · {{elapsed}} · {{eta}} left")), stop })
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

/// A bar with what `told` says beside it, where one is to be drawn.
pub(crate) fn bar(total: usize, told: &str) -> Option<ProgressBar> {
    if !messages::shows_bars() {
        return None;
    }
    let style = ProgressStyle::with_template(&format!("{{bar:30}} {told}"));
    let bar = ProgressBar::new(total as u64);
    bar.set_style(style.expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(500));
    Some(bar)
}

/// What a bar tells beside the work that its owner names.
pub(crate) const TOLD: &str = "{pos}/{len} · {elapsed} · {wide_msg}";
