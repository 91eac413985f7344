//! What `cargo xtask cuda` last passed on: the record, and whether the sources are still those.
//!
//! The proof of the kernels without a device is a function of few files and of the toolchain, and the slowest of
//! all tests. While nothing of that changes, `cargo xtask test` keeps to the kernels against the definition.

use super::toolchain::WHEELS;
use crate::files;
use anyhow::Context;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Tells the tests that the record holds.
pub(crate) const VARIABLE: &str = "EQUIPOISE_CUDA_PROVEN";
/// The record, in the workspace.
const RECORD: &str = "crates/likelihood-cuda/PROVEN";
/// What the proof reads: both crates of kernels with their tests, the backend that they must equal, and the sums and
/// lattices that it is made of.
const SOURCES: [&str; 14] = [
    "crates/likelihood-cuda/Cargo.toml",
    "crates/field/src",
    "crates/likelihood-cuda/kernels",
    "crates/likelihood-cuda/ptx",
    "crates/likelihood-cuda/src",
    "crates/likelihood-cuda/tests",
    "crates/likelihood/Cargo.toml",
    "crates/likelihood/src",
    "crates/operator/src",
    "crates/solver-cuda/Cargo.toml",
    "crates/solver-cuda/kernels",
    "crates/solver-cuda/ptx",
    "crates/solver-cuda/src",
    "crates/solver-cuda/tests",
];

/// Whether the sources below `root` and the toolchain are those of the record. Without a record they are not.
///
/// # Errors
/// A source that cannot be read.
pub(crate) fn holds(root: &Path) -> anyhow::Result<bool> {
    let found = fingerprint(root)?;
    Ok(std::fs::read_to_string(root.join(RECORD)).is_ok_and(|recorded| recorded.trim() == found))
}

/// Writes the record of the sources below `root`, which every check has just passed on.
///
/// # Errors
/// A source that cannot be read, or a record that cannot be written.
pub(super) fn record(root: &Path) -> anyhow::Result<()> {
    let text = fingerprint(root)? + "\n";
    std::fs::write(root.join(RECORD), text).with_context(|| format!("cannot write {RECORD}"))?;
    println!("recorded in {RECORD}: `cargo xtask test` does not prove these sources again");
    Ok(())
}

/// SHA-256 of the toolchain's versions and of every source, name and content.
fn fingerprint(root: &Path) -> anyhow::Result<String> {
    let mut sum = Sha256::new();
    WHEELS.iter().for_each(|wheel| sum.update(format!("{wheel}\n")));
    for source in SOURCES {
        for file in files::below(&root.join(source))? {
            let content = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = files::relative(root, &file);
            sum.update(format!("{name} {}\n", content.len()));
            sum.update(content);
        }
    }
    Ok(files::hex(&sum.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(root: &Path) {
        for source in SOURCES {
            let file =
                if source.ends_with(".toml") { root.join(source) } else { root.join(source).join("a/b") };
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, source).unwrap();
        }
    }

    #[test]
    fn the_record_holds_until_a_source_changes_comes_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        sources(root);
        assert!(!holds(root).unwrap(), "nothing is recorded");
        record(root).unwrap();
        assert!(holds(root).unwrap());
        let (one, other) = (root.join(SOURCES[1]).join("a/b"), root.join(SOURCES[1]).join("c"));
        std::fs::write(&one, "other").unwrap();
        assert!(!holds(root).unwrap());
        std::fs::write(&one, SOURCES[1]).unwrap();
        assert!(holds(root).unwrap());
        std::fs::rename(&one, &other).unwrap();
        assert!(!holds(root).unwrap());
        std::fs::remove_file(&other).unwrap();
        assert!(!holds(root).unwrap());
    }

    #[test]
    fn a_source_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(holds(folder.path()).unwrap_err().to_string().contains(SOURCES[0]));
    }

    #[test]
    fn every_source_of_the_workspace_is_there() {
        holds(&crate::workspace::root()).unwrap();
    }
}
