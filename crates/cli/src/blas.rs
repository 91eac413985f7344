//! One thread for BLAS, so that no digit depends on the number of cores.
//!
//! A call does it ([`equipoise_blas::single_thread`]) but for an OpenBLAS that was built on OpenMP, as
//! Debian's `libopenblas0-openmp` is: that reads `OMP_NUM_THREADS` while the dynamic loader brings it in, which is before `main`,
//! so that a process which finds another value can only start over. Rayon does the parallel work, over sums
//! whose order is fixed.

use anyhow::{Context, bail};
use equipoise_blas::{BlasError, OPENMP_VARIABLE, single_thread};
use std::process::Command;

/// Set by the first start, so that a value that does not survive the second is an error, not a loop.
const RESTARTED: &str = "EQUIPOISE_RESTARTED";

/// Returns in a process whose BLAS has one thread; where only a new process can have that, starts the same
/// command again.
///
/// # Errors
/// If the command cannot be started again, or was and still finds several threads.
pub(crate) fn hold_to_one_thread() -> anyhow::Result<()> {
    match single_thread() {
        Err(BlasError::OpenMp { .. }) if std::env::var_os(RESTARTED).is_none() => start_over(),
        Err(error) => bail!(error),
        Ok(()) => Ok(()),
    }
}

fn start_over() -> anyhow::Result<()> {
    let again = || format!("cannot restart with {OPENMP_VARIABLE}=1; set it by hand");
    let mut command = Command::new(std::env::current_exe().with_context(again)?);
    command.args(std::env::args_os().skip(1)).env(OPENMP_VARIABLE, "1").env(RESTARTED, "1");
    hand_over(command).with_context(again)
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
