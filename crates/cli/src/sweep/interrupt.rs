//! Ctrl-C: the first asks the sweep to stop, the second ends the process at once.

use super::INTERRUPTED;
use anyhow::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the first Ctrl-C sets.
///
/// # Errors
/// If the system refuses the handler.
pub(super) fn flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
        eprintln!("\nstopping: trials under way are finished and written; Ctrl-C again ends at once");
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(stop)
}
