//! Our own programs: built, found, started.

use crate::workspace;
use anyhow::{Context, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The release builds.
pub(crate) struct Programs {
    throughput: PathBuf,
    /// Where verbs are to be timed.
    equipoise: Option<PathBuf>,
}

impl Programs {
    /// Builds them in release, the command only for its verbs, with cargo's progress shown.
    pub(crate) fn build(with_verbs: bool) -> anyhow::Result<Self> {
        let output = workspace::cargo()
            .current_dir(workspace::root())
            .args(["build", "--release", "--package", "equipoise-throughput"])
            .args(if with_verbs { &["--package", "equipoise-cli"][..] } else { &[] })
            .args(["--message-format", "json-render-diagnostics"])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        if !output.status.success() {
            bail!("the build ended with {}", output.status);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let find = |name: &str| executable(&text, name).with_context(|| format!("cargo built no `{name}`"));
        let equipoise = with_verbs.then(|| find("equipoise")).transpose()?;
        Ok(Self { throughput: find("throughput")?, equipoise })
    }

    /// A worker's command for one group.
    pub(crate) fn throughput(&self, group: &str) -> Command {
        let mut command = Command::new(&self.throughput);
        command.arg(group);
        command
    }

    /// The processor that OpenBLAS takes this one for, in its own words.
    pub(crate) fn blas_core(&self) -> Option<String> {
        let mut command = self.throughput("fit");
        let output = command.env("OPENBLAS_VERBOSE", "2").stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stderr).ok()?;
        text.lines().find_map(|line| line.strip_prefix("Core: ")).map(|core| core.trim().to_owned())
    }

    /// The command's own program, where it was built.
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

/// The revision of the workspace, where git knows it.
pub(crate) fn revision() -> Option<String> {
    first_line(Command::new("git").current_dir(workspace::root()).args(["rev-parse", "--short", "HEAD"]))
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
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
}
