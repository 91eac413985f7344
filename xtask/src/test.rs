//! Every check, cheap ones first: what a developer runs and what continuous integration calls.

use crate::cuda::{self, Toolchain};
#[cfg(unix)]
use crate::slurm;
use crate::steps::{self, Step};
use crate::{call, data, importer, pages, peers, setup, singly, tidy, workspace};
use std::process::Command;

/// Variables, then arguments, of one cargo call.
type Call = (&'static [(&'static str, &'static str)], &'static [&'static str]);

const FORMAT: Call = (&[], &["fmt", "--all", "--check"]);
const LINTS: Call = (&[], &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
/// Without targets cargo would build the examples as well, which the lints have checked; `throughput` has
/// nothing to test, and would be linked all the same.
const TESTS: Call = (
    &[("INSTA_UPDATE", "no")],
    &["test", "--workspace", "--exclude", "equipoise-throughput", "--lib", "--bins", "--tests"],
);
const DOCTESTS: Call = (&[], &["test", "--workspace", "--doc"]);
/// Zarr is read by whatever is built for tests, through a dependency of `tests`; here it is asked for, or else what the
/// lints built could not be used again.
const DOCS: Call = (
    &[("RUSTDOCFLAGS", "-D warnings")],
    &["doc", "--workspace", "--no-deps", "--features", "equipoise-data/zarr"],
);

/// `cargo xtask test`. The compiler and the assembler of CUDA kernels, unless these are proven as they are, and
/// NumPy are installed in continuous integration only, where their tests may not skip; elsewhere `cargo xtask cuda`
/// installs the former.
pub(crate) fn run() -> anyhow::Result<()> {
    setup::ensure_everything()?;
    if cuda::in_ci() {
        if cuda::proven::holds(&workspace::root())? {
            eprintln!("the CUDA kernels are as `cargo xtask cuda` last passed on them: no proof is repeated");
        } else {
            Toolchain::ensure()?;
        }
        peers::ensure_numpy()?;
    }
    steps::run(&all(), &mut std::io::stderr())
}

fn all() -> Vec<Step> {
    vec![
        cargo("fmt", FORMAT),
        inside("tidy", "arrows between crates, what stands below them, habits of files", tidy::run),
        inside("data", "embedded samples against data/SHA256SUMS", data::run),
        inside(
            "singly",
            "crates that other solvers import compile alone, as they are by default",
            singly::run,
        ),
        cargo("clippy", LINTS),
        cargo("test", TESTS),
        #[cfg(unix)]
        Step {
            beside: true,
            ..inside("slurm", "in continuous integration: the scripts of `equipoise slurm`", slurm::check)
        },
        inside("importer", "a program outside the workspace, by the crate `equipoise` alone", importer::run),
        inside("pages", "pages of the command in headless Chromium, in continuous integration", pages::run),
        cargo("doctest", DOCTESTS),
        cargo("doc", DOCS),
    ]
}

fn inside(name: &'static str, what: &str, work: fn() -> anyhow::Result<()>) -> Step {
    Step { name, what: what.to_owned(), work: Box::new(work), beside: false }
}

fn cargo(name: &'static str, call: Call) -> Step {
    Step { name, what: call::line(&command(call)), work: Box::new(move || execute(call)), beside: false }
}

fn command((variables, args): Call) -> Command {
    let mut command = workspace::cargo_here(args);
    command.envs(variables.iter().copied());
    command
}

fn execute(call: Call) -> anyhow::Result<()> {
    let mut command = command(call);
    command.envs(Toolchain::find().iter().flat_map(Toolchain::variables));
    command.envs(cuda::proven::holds(&workspace::root())?.then_some((cuda::proven::VARIABLE, "true")));
    call::finish(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_lines_that_a_shell_accepts() {
        let line = call::line(&command(DOCS));
        assert!(line.starts_with("RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps "), "{line}");
        let line = call::line(&command(TESTS));
        assert!(line.starts_with("INSTA_UPDATE=no cargo test --workspace --exclude "), "{line}");
    }
}
