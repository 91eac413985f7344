//! Another revision of this tree, laid out and built in `target/against`.
//!
//! It is read out of git's objects through an index of its own, so that neither the files at hand nor their
//! index are touched. Sources and builds are kept, by the whole hash, and found again.

use super::options::BUILD;
use super::programs::{Package, Programs};
use crate::{call, workspace};
use anyhow::{Context, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where other revisions lie, from the root.
const FOLDER: &str = "target/against";

/// A revision with its sources.
#[derive(Debug)]
pub(crate) struct Revision {
    /// The whole hash.
    pub(crate) hash: String,
    /// The short hash, its name in tables.
    pub(crate) name: String,
    folder: PathBuf,
}

impl Revision {
    /// Finds what `asked` stands for in the repository at `root` and lays its sources out, where they do not
    /// lie there from an earlier run.
    ///
    /// # Errors
    /// When git does not know it, or cannot be asked.
    pub(crate) fn find(asked: &str, root: &Path) -> anyhow::Result<Self> {
        if git(root, &["rev-parse", "--show-prefix"])?.as_deref() != Some("") {
            bail!("--against needs the git repository of this tree, found none at {}", root.display());
        }
        let commit = format!("{asked}^{{commit}}");
        let Some(hash) = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?
        else {
            bail!("--against: found `{asked}`, expected a revision that git knows in {}", root.display());
        };
        let name = git(root, &["rev-parse", "--short", &hash])?.unwrap_or_else(|| hash.clone());
        let folder = root.join(FOLDER).join(&hash);
        let revision = Self { hash, name, folder };
        if !revision.root().is_dir() {
            revision.lay_out(root)?;
        }
        Ok(revision)
    }

    /// The root of its sources.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Sources are there whole or not at all: a run that is stopped leaves them under another name.
    fn lay_out(&self, root: &Path) -> anyhow::Result<()> {
        let (partial, index) = (self.folder.join("tree.partial"), self.folder.join("index"));
        remove(&partial)?;
        fs::create_dir_all(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
        let prefix = format!("--prefix={}/", partial.display());
        for args in [&["read-tree", &self.hash][..], &["checkout-index", "--all", "--force", &prefix]] {
            let mut command = Command::new("git");
            call::output(command.current_dir(root).args(args).env("GIT_INDEX_FILE", &index))
                .with_context(|| format!("git cannot lay {} out", self.name))?;
        }
        fs::remove_file(&index).with_context(|| format!("cannot remove {}", index.display()))?;
        fs::rename(&partial, self.root()).with_context(|| format!("cannot make {}", self.root().display()))
    }

    /// Builds what is needed of it, in a folder of its own; cargo's words go to a file.
    ///
    /// # Errors
    /// When it has not what is needed, or its build fails: with the path of that file.
    pub(crate) fn build(&self, packages: &[&Package]) -> anyhow::Result<Programs> {
        if let Some(package) = packages.iter().find(|package| !self.has(package)) {
            let (name, folder) = (&self.name, package.folder);
            bail!("--against {name}: found no {folder} there; `--only {BUILD}` needs none of its programs");
        }
        let log = self.folder.join("build.log");
        eprintln!("building {}; its progress is in {}", self.name, log.display());
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut cargo = workspace::cargo();
        cargo.current_dir(self.root()).env("CARGO_TARGET_DIR", self.folder.join("target")).stderr(file);
        Programs::build(cargo, packages)
            .with_context(|| format!("--against {}: see {}", self.name, log.display()))
    }

    fn has(&self, package: &Package) -> bool {
        self.root().join(package.folder).join("Cargo.toml").is_file()
    }

    /// What makes its builds other than those of a clone: cargo reads the settings of the folders above too.
    pub(crate) fn caution(&self, root: &Path) -> Option<String> {
        let read = |root: &Path| fs::read(root.join(".cargo/config.toml")).ok();
        (read(root) != read(&self.root()))
            .then(|| format!("{} was built under the .cargo/config.toml of this tree and its own", self.name))
    }
}

/// The empty folder that builds from nothing take place in, and what is said there, in `target/against`.
pub(crate) fn nothing(root: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
    let folder = root.join(FOLDER);
    let cold = folder.join("cold");
    remove(&cold)?;
    fs::create_dir_all(&cold).with_context(|| format!("cannot make {}", cold.display()))?;
    Ok((cold, folder.join("cold.log")))
}

/// Removes a folder, where there is one.
pub(crate) fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// What git answers, or `None` where it refuses.
fn git(root: &Path, args: &[&str]) -> anyhow::Result<Option<String>> {
    let output = Command::new("git").current_dir(root).args(args).stdin(Stdio::null()).output();
    let output = output.context("cannot start git")?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success().then_some(text))
}
