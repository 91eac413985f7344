//! What this process has taken so far: the processors' time and its peak memory.

#[cfg(unix)]
use nix::sys::resource::{Usage, UsageWho, getrusage};

/// Linux counts memory in KiB, macOS in bytes.
#[cfg(unix)]
const UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

/// The largest resident memory, in bytes; `None` where the system does not tell.
#[cfg(unix)]
pub(crate) fn peak() -> Option<u64> {
    u64::try_from(own()?.max_rss()).ok().map(|size| size * UNIT)
}

/// Seconds of all processors, in user and system mode; `None` where the system does not tell.
#[cfg(unix)]
pub(crate) fn processors() -> Option<f64> {
    use nix::sys::time::TimeValLike;
    let usage = own()?;
    Some((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
}

#[cfg(unix)]
fn own() -> Option<Usage> {
    getrusage(UsageWho::RUSAGE_SELF).ok()
}

#[cfg(not(unix))]
pub(crate) fn peak() -> Option<u64> {
    None
}

#[cfg(not(unix))]
pub(crate) fn processors() -> Option<f64> {
    None
}
