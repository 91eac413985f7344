//! The main job: build the command line in release and hand the process over to `equipoise sweep`.

use crate::{setup, workspace};
use anyhow::Context;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// Runs `equipoise sweep ARGS...` from the caller's folder. The exit status is that of the command.
pub(crate) fn run(args: &[OsString]) -> anyhow::Result<ExitCode> {
    setup::ensure_native()?;
    hand_over(command(args)).context("cannot start cargo")
}

fn command(args: &[OsString]) -> Command {
    let mut command = workspace::cargo();
    command
        .args(["run", "--release", "--bin", "equipoise", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .args(["--", "sweep"])
        .args(args);
    command
}

/// Replaces this process, so that signals reach the sweep directly and nothing returns before it.
#[cfg(unix)]
fn hand_over(mut command: Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn hand_over(mut command: Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_pass_through_untouched_behind_the_verb() {
        let command = command(&["--law".into(), "a,b".into(), "--out".into(), "my dir".into()]);
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let tail = &args[args.iter().position(|arg| arg == "--").unwrap()..];
        assert_eq!(tail, ["--", "sweep", "--law", "a,b", "--out", "my dir"]);
    }
}
