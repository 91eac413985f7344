//! One thread for BLAS, so that no digit depends on the number of cores.
//!
//! OpenBLAS splits its products by its number of threads, and with them the order of its sums. It
//! reads `OPENBLAS_NUM_THREADS` once, while the dynamic loader brings it in, which is before `main`:
//! a process that finds another value can only start over. Rayon does the parallel work, over sums
//! whose order is fixed.

use anyhow::{Context, bail};
use std::ffi::OsStr;
use std::process::{Command, Stdio};

const THREADS: &str = "OPENBLAS_NUM_THREADS";

/// Set by the first start, so that a value that does not survive the second is an error, not a loop.
const RESTARTED: &str = "EQUIPOISE_RESTARTED";

/// Returns in a process whose BLAS has one thread; in any other, starts the same command again.
///
/// # Errors
/// If the command cannot be started again, or was and still finds another value.
pub(crate) fn pin_to_one_thread() -> anyhow::Result<()> {
    let found = std::env::var_os(THREADS);
    if found.as_deref() == Some(OsStr::new("1")) {
        return Ok(());
    }
    if std::env::var_os(RESTARTED).is_some() {
        let found = found.map_or("nothing".into(), |value| format!("{value:?}"));
        bail!("{THREADS}: found {found} after a restart that set it, expected \"1\"");
    }
    let again = || format!("cannot restart with {THREADS}=1; set it by hand");
    let mut command = Command::new(std::env::current_exe().with_context(again)?);
    command.args(std::env::args_os().skip(1)).env(THREADS, "1").env(RESTARTED, "1");
    hand_over(command).with_context(again)
}

/// The threads that BLAS was told to use when it was brought in.
pub(crate) fn threads() -> Option<usize> {
    std::env::var(THREADS).ok()?.parse().ok()
}

/// The processor whose kernels OpenBLAS chose, in its own words; `None` under any other BLAS.
///
/// OpenBLAS says it only while it is brought in, so another process of this program is asked, in which
/// the same library finds the same processor.
pub(crate) fn core() -> Option<String> {
    let mut again = Command::new(std::env::current_exe().ok()?);
    again.arg("--version").env("OPENBLAS_VERBOSE", "2").env(THREADS, "1").stdin(Stdio::null());
    named(&String::from_utf8_lossy(&again.output().ok()?.stderr)).map(str::to_owned)
}

fn named(told: &str) -> Option<&str> {
    told.lines().find_map(|line| line.strip_prefix("Core: ")).map(str::trim)
}

/// Becomes `command`; comes back only with the reason why not.
#[cfg(unix)]
fn hand_over(mut command: Command) -> std::io::Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

/// Runs `command` and leaves with its exit code; comes back only with the reason why not.
#[cfg(not(unix))]
fn hand_over(mut command: Command) -> std::io::Result<()> {
    std::process::exit(command.status()?.code().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_is_the_line_that_names_it() {
        assert_eq!(named("Core: SkylakeX\n"), Some("SkylakeX"));
        assert_eq!(named("OpenBLAS WARNING - no fallback. Core: none\nCore: Haswell\r\n"), Some("Haswell"));
        assert_eq!(named(""), None);
        assert_eq!(named("cpu core: 3\n"), None);
    }
}
