//! Ctrl-C: the first asks the run to stop, the second ends the process at once.

use anyhow::Context;
use equipoise_experiment::Summary;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit status of an interrupted process, 128 + SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit status of a run over `total` parts, with a caution where it was interrupted.
pub(crate) fn ended(ran: Summary, total: usize, have: &str) -> ExitCode {
    if !ran.interrupted {
        return ExitCode::SUCCESS;
    }
    let done = ran.finished + ran.skipped;
    caution!("interrupted: {done} of {total} {have}; the same arguments with --resume go on from there");
    ExitCode::from(INTERRUPTED)
}

/// A flag that the first Ctrl-C sets.
///
/// # Errors
/// If the system refuses the handler.
pub(crate) fn flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    ctrlc::set_handler(move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED.into());
        }
        caution!("\nstopping: what is finished is kept; Ctrl-C again ends at once");
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(stop)
}
