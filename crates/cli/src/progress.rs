//! Progress on standard error: a bar on a terminal, silence elsewhere.

use crate::interrupt;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
        Ok(Self { bar: std::io::stderr().is_terminal().then(|| bar(total, parts)), stop })
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

fn bar(total: usize, parts: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg} · {elapsed} · {eta} left");
    let bar = ProgressBar::new(total as u64).with_message(parts.to_owned());
    bar.set_style(style.expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
