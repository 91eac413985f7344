//! `cargo xtask spawn`: one whole process, its seconds, those of the processors, and its peak memory.
//!
//! A system tells what *all* ended children of a process took. So each process to be measured is the only
//! child of a small process of its own, this program again, which does nothing else: sums start at zero, and
//! a peak is that of the child or of a process below it, never of an earlier child.

use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What a process took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spent {
    /// Seconds by the clock.
    pub(crate) seconds: f64,
    /// Seconds of all processors, in user and system mode, with the processes below it; `None` where the
    /// system does not tell.
    pub(crate) cpu: Option<f64>,
    /// Bytes of the largest resident memory of one process, it or one below it; `None` where the system does
    /// not tell.
    pub(crate) peak: Option<u64>,
}

/// Runs `spawn LOG PROGRAM ARGS...`: what the program writes goes to the file, what it took is printed as one
/// line of JSON.
///
/// # Errors
/// When an argument is missing, the program cannot be started, or it ends badly.
pub(crate) fn run(args: &[OsString]) -> anyhow::Result<()> {
    let [log, program, rest @ ..] = args else { bail!("`spawn` needs LOG PROGRAM [ARGS...]") };
    let log = File::create(log).with_context(|| format!("cannot write {}", Path::new(log).display()))?;
    let mut command = Command::new(program);
    command.args(rest).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let clock = Instant::now();
    let status = command.status().with_context(|| format!("cannot start {}", program.to_string_lossy()))?;
    let seconds = clock.elapsed().as_secs_f64();
    if !status.success() {
        bail!("`{}` ended with {status}", program.to_string_lossy());
    }
    println!("{}", json!({ "seconds": seconds, "cpu": usage::processors(), "peak": usage::peak() }));
    Ok(())
}

/// A process to be measured: where it runs and under which variables is the caller's to set.
pub(crate) struct Measured {
    command: Command,
    log: PathBuf,
}

impl Measured {
    /// The call of `program`; what it writes goes to `log`.
    ///
    /// # Errors
    /// When this program does not know where it lies itself.
    pub(crate) fn new(program: impl AsRef<OsStr>, log: PathBuf) -> anyhow::Result<Self> {
        let own = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(own);
        command.arg("spawn").arg(&log).arg(program);
        Ok(Self { command, log })
    }

    /// The call, for arguments, folder and variables.
    pub(crate) fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it ends badly, with the last line that it wrote and the place of the rest.
    pub(crate) fn run(mut self) -> anyhow::Result<Spent> {
        let output = self.command.stdin(Stdio::null()).output().context("cannot start this program again")?;
        if !output.status.success() {
            let fault = String::from_utf8_lossy(&output.stderr);
            let fault = fault.trim().trim_start_matches("error: ").to_owned();
            let written = fs::read(&self.log).unwrap_or_default();
            match String::from_utf8_lossy(&written).lines().rfind(|line| !line.trim().is_empty()) {
                Some(line) => bail!("{fault}: {}", line.trim()),
                None => bail!("{fault}"),
            }
        }
        let answer: Value = serde_json::from_slice(&output.stdout).context("what a process took")?;
        let seconds = answer["seconds"].as_f64().context("a process without seconds")?;
        Ok(Spent { seconds, cpu: answer["cpu"].as_f64(), peak: answer["peak"].as_u64() })
    }
}

#[cfg(unix)]
mod usage {
    use nix::sys::resource::{Usage, UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    /// Linux counts memory in KiB, macOS in bytes.
    const UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };

    pub(super) fn peak() -> Option<u64> {
        u64::try_from(children()?.max_rss()).ok().map(|size| size * UNIT)
    }

    pub(super) fn processors() -> Option<f64> {
        let usage = children()?;
        Some((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6)
    }

    fn children() -> Option<Usage> {
        getrusage(UsageWho::RUSAGE_CHILDREN).ok()
    }
}

#[cfg(not(unix))]
mod usage {
    pub(super) fn peak() -> Option<u64> {
        None
    }

    pub(super) fn processors() -> Option<f64> {
        None
    }
}
