//! The CUDA kernels: their proof without a GPU, their embedded PTX, their timing with one.

pub(crate) mod proven;
mod toolchain;

pub(crate) use toolchain::{Toolchain, in_ci};

use crate::{setup, workspace};
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::process::{Command, Stdio};

/// The kernels of the reduction.
const PACKAGE: &str = "equipoise-likelihood-cuda";
/// Those of the steps that stand on it.
const STEPS: &str = "equipoise-solver-cuda";
/// The examples that write the embedded PTX, by package.
const EMITTERS: [(&str, &str); 2] = [(PACKAGE, "emit_likelihood"), (STEPS, "emit_steps")];

/// What the verb is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Install what is missing and run every check of the kernels, with their table; record that they passed.
    Check,
    /// Write the embedded PTX anew.
    Emit,
    /// Time the kernels on a device; arguments for the program that does.
    Time(Vec<OsString>),
}

impl Task {
    /// The task that the arguments name, or the argument that none takes.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, OsString> {
        match args {
            [] => Ok(Self::Check),
            [only] if only == "--emit" => Ok(Self::Emit),
            [first, rest @ ..] if first == "--time" => Ok(Self::Time(rest.to_vec())),
            [first, rest @ ..] => Err(rest.first().unwrap_or(first).clone()),
        }
    }
}

/// `cargo xtask cuda`.
pub(crate) fn run(task: Task) -> anyhow::Result<()> {
    setup::ensure_cuda_checks()?;
    match task {
        Task::Check => {
            execute(checks(&Toolchain::ensure()?))?;
            proven::record(&workspace::root())
        }
        Task::Emit => {
            let toolchain = Toolchain::ensure()?;
            EMITTERS.into_iter().try_for_each(|(package, name)| {
                let mut command = example(package, name, "dev", &[]);
                command.envs(toolchain.variables());
                execute(command)
            })
        }
        Task::Time(args) => {
            let mut command = example(PACKAGE, "bandwidth", "release", &args);
            // A device needs no assembler; without NVRTC the embedded PTX runs.
            command.envs(Toolchain::find().iter().flat_map(Toolchain::variables));
            execute(command)
        }
    }
}

/// Every test of both crates, with what they print; what cannot be checked fails, as in continuous
/// integration.
fn checks(toolchain: &Toolchain) -> Command {
    let mut command = workspace::cargo();
    command.args(["test", "--package", PACKAGE, "--package", STEPS, "--", "--show-output"]);
    command.envs(toolchain.variables()).env("CI", "true").env_remove(proven::VARIABLE);
    command
}

fn example(package: &str, name: &str, profile: &str, args: &[OsString]) -> Command {
    let mut command = workspace::cargo();
    command.args(["run", "--quiet", "--profile", profile, "--package", package, "--example", name, "--"]);
    command.args(args);
    command
}

fn execute(mut command: Command) -> anyhow::Result<()> {
    let status = command.current_dir(workspace::root()).stdin(Stdio::null()).status();
    let status = status.context("cannot start cargo")?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(&command));
    }
    Ok(())
}

fn line(command: &Command) -> String {
    let args = command.get_args().map(|arg| arg.to_string_lossy());
    std::iter::once("cargo".into()).chain(args).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_name_one_task_and_time_passes_its_own_on() {
        let parse = |args: &[&str]| Task::parse(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(parse(&[]), Ok(Task::Check));
        assert_eq!(parse(&["--emit"]), Ok(Task::Emit));
        assert_eq!(parse(&["--time", "--json", "x"]), Ok(Task::Time(vec!["--json".into(), "x".into()])));
        assert_eq!(parse(&["--emit", "more"]), Err("more".into()));
        assert_eq!(parse(&["tests"]), Err("tests".into()));
    }

    #[test]
    fn the_checks_find_the_toolchain_and_may_not_skip() {
        let toolchain = Toolchain { nvrtc: "n".into(), ptxas: "p".into() };
        let command = checks(&toolchain);
        let set: Vec<_> = command.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
        for pair in [("CI", "true"), ("EQUIPOISE_NVRTC", "n"), ("EQUIPOISE_PTXAS", "p")] {
            assert!(set.iter().any(|(name, value)| (*name, *value) == (pair.0.as_ref(), pair.1.as_ref())));
        }
    }
}
