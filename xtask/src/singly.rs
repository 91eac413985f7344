//! The crates that other solvers import one by one: no system library below them, and each
//! compiles without the features that its neighbours switch on.

use crate::workspace;
use anyhow::{Context, bail};
use std::process::Stdio;

/// The crates that are imported alone.
const ALONE: [&str; 8] =
    ["field", "stream", "schedule", "operator", "scaling", "metrics", "denoiser", "likelihood"];

/// Fragments of package names that stand for a library of the system.
const NATIVE: [&str; 6] = ["openblas", "lapack", "blas-src", "netlib", "hdf5", "cudarc"];

/// Reads the dependencies of every such crate, then compiles each alone.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for name in ALONE {
        let tree = cargo(&["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"], name)?;
        for found in native(&tree) {
            faults.push(format!("equipoise-{name}: found {found} below it, expected no system library"));
        }
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    for name in ALONE {
        cargo(&["check", "--quiet"], name)?;
    }
    println!("each alone, without system libraries: {}", ALONE.join(", "));
    Ok(())
}

/// What cargo prints for one package.
fn cargo(args: &[&str], name: &str) -> anyhow::Result<String> {
    let output = workspace::cargo()
        .current_dir(workspace::root())
        .args(args)
        .args(["--package", &format!("equipoise-{name}")])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("`cargo {} --package equipoise-{name}` ended with {}", args.join(" "), output.status);
    }
    String::from_utf8(output.stdout).context("cargo did not print UTF-8")
}

/// The packages of a `cargo tree` listing that bind a system library, each once.
fn native(tree: &str) -> Vec<&str> {
    let mut found: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| name.ends_with("-sys") || NATIVE.iter().any(|part| name.contains(part)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_found_at_any_depth_and_named_once() {
        let tree = "equipoise-data v0.1.0\nhdf5-metno v0.15.1\nhdf5-metno-sys v0.12.5\nlibz-sys v1.1\n\
                    serde v1.0.2\nlibz-sys v1.1 (*)\nopenblas-src v0.10.16\n";
        assert_eq!(native(tree), ["hdf5-metno", "hdf5-metno-sys", "libz-sys", "openblas-src"]);
    }

    #[test]
    fn pure_rust_passes() {
        assert!(native("equipoise-field v0.1.0\nrayon v1.12.0\nsystem-name v1.0\n").is_empty());
    }
}
