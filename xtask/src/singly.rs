//! The crates that other solvers import one by one each compile without the features that their
//! neighbours switch on. That no system library stands below them is for `tidy` to find.

use crate::{tidy, workspace};
use anyhow::{Context, bail};
use std::process::Stdio;

/// The crate that they import for one call, beside what stands on BLAS.
const BLAS: &str = "equipoise-blas";

/// Compiles each alone, with its default features.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut packages = tidy::free()?;
    packages.push(BLAS.to_owned());
    for package in &packages {
        let status = workspace::cargo()
            .current_dir(workspace::root())
            .args(["check", "--quiet", "--package", package])
            .stdin(Stdio::null())
            .status()
            .context("cannot start cargo")?;
        if !status.success() {
            bail!("`cargo check --package {package}` ended with {status}");
        }
    }
    println!("each alone: {}", packages.join(", "));
    Ok(())
}
