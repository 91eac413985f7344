//! Progress on standard error: a bar on a terminal, silence elsewhere.

use crate::interrupt;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Members done, until Ctrl-C.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
}

impl Progress {
    /// # Errors
    /// If the system refuses to watch for Ctrl-C.
    pub(super) fn new(members: usize) -> anyhow::Result<Self> {
        let stop = interrupt::flag()?;
        Ok(Self { bar: std::io::stderr().is_terminal().then(|| bar(members)), stop })
    }

    /// Shows the members done; false once Ctrl-C was pressed.
    pub(super) fn tell(&self, done: usize) -> bool {
        if let Some(bar) = &self.bar {
            bar.set_position(done as u64);
        }
        !self.stop.load(Ordering::Relaxed)
    }

    /// Removes the bar.
    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(members: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} members · {elapsed} · {eta} left");
    let bar = ProgressBar::new(members as u64);
    bar.set_style(style.expect("the template is well formed"));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
