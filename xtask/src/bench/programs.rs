//! Our own programs: built, found, started.

use super::options::{BUILD, JUDGE, VERBS};
use crate::{call, workspace};
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program with the package that it is built from.
pub(crate) struct Package {
    /// The package's name.
    pub(crate) name: &'static str,
    /// Its folder, from the root.
    pub(crate) folder: &'static str,
    program: &'static str,
}

/// The measuring end of every group that runs in one process.
pub(crate) const THROUGHPUT: Package =
    Package { name: "equipoise-throughput", folder: "crates/throughput", program: "throughput" };
/// The command, whose verbs are whole processes.
pub(crate) const COMMAND: Package =
    Package { name: "equipoise-cli", folder: "crates/cli", program: "equipoise" };

/// What the groups need of a revision.
pub(crate) fn needed(groups: &[&str]) -> Vec<&'static Package> {
    let throughput = groups.iter().any(|group| ![JUDGE, VERBS, BUILD].contains(group));
    let command = groups.iter().any(|group| [JUDGE, VERBS].contains(group));
    let chosen = [(throughput, &THROUGHPUT), (command, &COMMAND)];
    chosen.into_iter().filter_map(|(wanted, package)| wanted.then_some(package)).collect()
}

/// The release builds of one revision; a program is there where its package was asked for.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    throughput: Option<PathBuf>,
    equipoise: Option<PathBuf>,
}

impl Programs {
    /// Builds `packages` in release by `cargo`, a call of it without arguments that knows its folder and
    /// where its progress goes.
    ///
    /// # Errors
    /// When the build fails.
    pub(crate) fn build(mut cargo: Command, packages: &[&Package]) -> anyhow::Result<Self> {
        if packages.is_empty() {
            return Ok(Self::default());
        }
        let output = cargo
            .args(["build", "--release", "--message-format", "json-render-diagnostics"])
            .args(packages.iter().flat_map(|package| ["--package", package.name]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .context("cannot start cargo")?;
        if !output.status.success() {
            bail!("the build ended with {}", output.status);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let find = |wanted: &Package| {
            let asked = packages.iter().any(|package| package.name == wanted.name);
            let found = || executable(&text, wanted.program);
            asked.then(|| found().with_context(|| format!("cargo built no `{}`", wanted.program))).transpose()
        };
        Ok(Self { throughput: find(&THROUGHPUT)?, equipoise: find(&COMMAND)? })
    }

    /// A worker's command for one group.
    ///
    /// # Errors
    /// Where the measuring end was not built.
    pub(crate) fn throughput(&self, group: &str) -> anyhow::Result<Command> {
        let mut command = Command::new(self.throughput.as_deref().context("throughput was not built")?);
        command.arg(group);
        Ok(command)
    }

    /// What makes the ensemble of [`JUDGE`] in a folder.
    ///
    /// # Errors
    /// Where the measuring end was not built.
    pub(crate) fn ensemble(&self, folder: &Path, quick: bool) -> anyhow::Result<Command> {
        let mut command = self.throughput("ensemble")?;
        command.arg(folder).args(quick.then_some("--quick"));
        Ok(command)
    }

    /// The processor that OpenBLAS takes this one for, in its own words.
    pub(crate) fn blas_core(&self) -> Option<String> {
        let mut command = self.throughput("fit").ok()?;
        let output = command.env("OPENBLAS_VERBOSE", "2").stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stderr).ok()?;
        text.lines().find_map(|line| line.strip_prefix("Core: ")).map(|core| core.trim().to_owned())
    }

    /// The command's own program.
    ///
    /// # Errors
    /// Where it was not built.
    pub(crate) fn equipoise(&self) -> anyhow::Result<&Path> {
        self.equipoise.as_deref().context("the command was not built")
    }
}

/// The path of an executable in cargo's messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        let path = Path::new(message["executable"].as_str()?);
        (path.file_stem()? == name).then(|| path.to_owned())
    })
}

/// The compiler's name for itself.
pub(crate) fn compiler() -> Option<String> {
    first_line(Command::new("rustc").arg("--version"))
}

/// The revision of the workspace, where git knows it, and whether files of it were changed since.
pub(crate) fn revision() -> Option<String> {
    let git = |args: &[&str]| first_line(Command::new("git").current_dir(workspace::root()).args(args));
    let revision = git(&["rev-parse", "--short", "HEAD"])?;
    // Without the locks git does not write its index.
    let changed = git(&["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"]);
    Some(if changed.is_some() { format!("{revision} with changes") } else { revision })
}

fn first_line(command: &mut Command) -> Option<String> {
    let text = call::printed(command)?;
    text.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_found_among_other_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\nnot json\n\
                        {\"executable\":\"/t/release/throughput\"}\n{\"executable\":\"/t/release/equipoise\"}\n";
        assert_eq!(executable(messages, "equipoise"), Some("/t/release/equipoise".into()));
        assert_eq!(executable(messages, "sweep"), None);
    }

    #[test]
    fn only_what_the_groups_run_is_built() {
        let names = |groups: &[&str]| needed(groups).iter().map(|package| package.name).collect::<Vec<_>>();
        assert_eq!(names(&["step", "verbs", "build"]), ["equipoise-throughput", "equipoise-cli"]);
        assert_eq!(names(&["verbs"]), ["equipoise-cli"]);
        assert_eq!(names(&["judge"]), ["equipoise-cli"]);
        assert!(names(&["build"]).is_empty());
    }
}
