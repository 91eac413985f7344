//! The process that looks at HDF5 files in the place of this one, and is this command too.

use anyhow::Context;
use equipoise_data::guard::{install, serve};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// What stands in the place of a verb. Nobody but this command calls it, and no help lists it.
const VERB: &str = "answer-for-hdf5";

/// How long the library of HDF5 may take to go on, in seconds; the variable sets another.
const SECONDS: u64 = 120;
const VARIABLE: &str = "EQUIPOISE_READ_SECONDS";

/// Whether this process is to look at files for another.
pub(crate) fn is_asked() -> bool {
    let mut words = std::env::args_os().skip(1);
    words.next().is_some_and(|word| word == VERB) && words.next().is_none()
}

/// Looks at files for whoever started this process.
///
/// # Errors
/// Of reading and writing what both say.
pub(crate) fn answer() -> anyhow::Result<ExitCode> {
    let told = || "standard input and output";
    serve(std::io::stdin(), output().with_context(told)?).with_context(told)?;
    Ok(ExitCode::SUCCESS)
}

/// Standard output without the buffer for lines, which numbers are not.
#[cfg(unix)]
fn output() -> std::io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    std::io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from)
}

#[cfg(not(unix))]
fn output() -> std::io::Result<std::io::Stdout> {
    Ok(std::io::stdout())
}

/// From now on other processes look at HDF5 files.
///
/// # Errors
/// For a variable that holds no whole number of seconds.
pub(crate) fn guard() -> anyhow::Result<()> {
    let seconds = match std::env::var(VARIABLE) {
        Err(_) => SECONDS,
        Ok(text) => text.parse().ok().filter(|seconds| *seconds > 0).with_context(|| {
            format!("{VARIABLE}: found {text:?}, expected a whole number of seconds of at least 1")
        })?,
    };
    install(again, Duration::from_secs(seconds));
    Ok(())
}

/// This command, as it was when it was started.
fn again() -> Command {
    let own = std::path::Path::new("/proc/self/exe");
    let mut command = match std::env::current_exe() {
        Ok(path) if !own.exists() => Command::new(path),
        _ => Command::new(own),
    };
    // OpenBLAS starts its threads before anybody asks it for anything.
    command.arg(VERB).env("OPENBLAS_NUM_THREADS", "1").env("OMP_NUM_THREADS", "1");
    command
}
