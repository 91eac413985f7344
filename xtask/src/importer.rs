//! tests/importer, a program outside the workspace that knows the crate `equipoise` alone: built without a
//! library of the system, and run.

use crate::{call, workspace};
use anyhow::{Context, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Fragments of package names that stand for a library of the system.
const NATIVE: [&str; 4] = ["blas", "lapack", "hdf5", "cudarc"];

/// Builds and tests it with the versions of the workspace's lock file, in the workspace's `target`.
pub(crate) fn run() -> anyhow::Result<()> {
    let folder = workspace::root().join("tests/importer");
    take_lock(&folder)?;
    let args = ["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let listing = call::output(&mut cargo(&folder, &args)).context("tests/importer")?;
    let found = native(&listing);
    if !found.is_empty() {
        bail!("below tests/importer: found {}, expected no library of the system", found.join(", "));
    }
    for args in [&["fmt", "--check"][..], &["test", "--quiet"]] {
        call::finish(&mut cargo(&folder, args)).context("tests/importer")?;
    }
    Ok(())
}

/// Cargo keeps of a lock file what the package needs: the importer is built from the versions that the
/// workspace was tested with, and has no second list to be kept in step.
fn take_lock(folder: &Path) -> anyhow::Result<()> {
    let lock = folder.join("Cargo.lock");
    fs::copy(workspace::root().join("Cargo.lock"), &lock)
        .with_context(|| format!("cannot write {}", lock.display()))?;
    Ok(())
}

fn cargo(folder: &Path, args: &[&str]) -> Command {
    let mut command = workspace::cargo();
    command.current_dir(folder).args(args);
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        command.env("CARGO_TARGET_DIR", workspace::root().join("target"));
    }
    command
}

/// The packages of a listing that bind a library of the system, each once.
fn native(listing: &str) -> Vec<&str> {
    let names = listing.lines().filter_map(|line| line.split_whitespace().next());
    let mut found: Vec<_> = names.filter(|name| NATIVE.iter().any(|part| name.contains(part))).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_found_and_named_once() {
        let listing = "equipoise v0.1.0 (crates/equipoise)\nequipoise-blas v0.1.0\nhdf5-metno v0.15.1\n\
                       equipoise-blas v0.1.0 (*)\n";
        assert_eq!(native(listing), ["equipoise-blas", "hdf5-metno"]);
        assert!(native("equipoise v0.1.0\nrayon v1.12.0\n").is_empty());
    }
}
