//! Whole processes: their seconds, those of the processors, and their peak memory.

use crate::{Error, Result};
use serde_json::json;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs a program with its output dropped and prints what it took. This process does nothing else, so
/// that the peak of its children is the program's.
pub(crate) fn run(program: &str, args: &[String]) -> Result<()> {
    let clock = Instant::now();
    let mut command = Command::new(program);
    let status =
        command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let seconds = clock.elapsed().as_secs_f64();
    if !status.success() {
        return Err(Error::Process { program: program.to_owned(), status });
    }
    let peak = usage::peak(usage::Who::Child);
    println!("{}", json!({ "seconds": seconds, "cpu": usage::child_seconds(), "peak": peak }));
    Ok(())
}

/// The largest resident memory of this process so far, in bytes; `None` where the system does not tell.
pub(crate) fn own_peak() -> Option<u64> {
    usage::peak(usage::Who::Own)
}

#[cfg(unix)]
mod usage {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    pub(super) enum Who {
        Own,
        Child,
    }

    /// Linux counts in KiB, macOS in bytes.
    const UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

    pub(super) fn peak(who: Who) -> Option<u64> {
        let who = match who {
            Who::Own => UsageWho::RUSAGE_SELF,
            Who::Child => UsageWho::RUSAGE_CHILDREN,
        };
        let usage = getrusage(who).ok()?;
        u64::try_from(usage.max_rss()).ok().map(|size| size * UNIT)
    }

    /// Seconds of all processors that children took, their own and the system's.
    pub(super) fn child_seconds() -> Option<f64> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
        Some((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
    }
}

#[cfg(not(unix))]
mod usage {
    pub(super) enum Who {
        Own,
        Child,
    }

    pub(super) fn peak(_: Who) -> Option<u64> {
        None
    }

    pub(super) fn child_seconds() -> Option<f64> {
        None
    }
}
