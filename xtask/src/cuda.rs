//! The CUDA kernels: their proof without a GPU, their embedded PTX, their timing with one.

pub(crate) mod proven;
mod toolchain;

pub(crate) use toolchain::{Toolchain, in_ci};

use crate::{call, setup, workspace};
use std::ffi::OsString;
use std::process::Command;

/// The kernels of the reduction.
const PACKAGE: &str = "equipoise-likelihood-cuda";
/// Those of the steps that stand on it.
const STEPS: &str = "equipoise-solver-cuda";

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
            call::finish(&mut checks(&Toolchain::ensure()?))?;
            proven::record(&workspace::root())
        }
        Task::Emit => {
            let variables = Toolchain::ensure()?.variables();
            call::finish(example(STEPS, "emit", "dev", &[]).envs(variables))
        }
        Task::Time(args) => {
            // A device needs no assembler; without NVRTC the embedded PTX runs.
            let variables = Toolchain::find().map(|found| found.variables());
            call::finish(
                example(PACKAGE, "bandwidth", "release", &args).envs(variables.into_iter().flatten()),
            )
        }
    }
}

/// Every test of both crates, with what they print; what cannot be checked fails, as in continuous
/// integration.
fn checks(toolchain: &Toolchain) -> Command {
    let mut command =
        workspace::cargo_here(["test", "--package", PACKAGE, "--package", STEPS, "--", "--show-output"]);
    command.envs(toolchain.variables()).env("CI", "true").env_remove(proven::VARIABLE);
    command
}

fn example(package: &str, name: &str, profile: &str, args: &[OsString]) -> Command {
    let run = ["run", "--quiet", "--profile", profile, "--package", package, "--example", name, "--"];
    let mut command = workspace::cargo_here(run);
    command.args(args);
    command
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
