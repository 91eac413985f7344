//! The crates that other solvers import one by one each compile without the features that their
//! neighbours switch on. That no system library stands below them is for `tidy` to find.

use crate::{call, tidy, workspace};

/// The crate that they import for one call, beside what stands on BLAS.
const BLAS: &str = "equipoise-blas";

/// Compiles each alone, with its default features.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut packages = tidy::free()?;
    packages.push(BLAS.to_owned());
    for package in &packages {
        call::finish(&mut workspace::cargo_here(["check", "--quiet", "--package", package]))?;
    }
    println!("each alone: {}", packages.join(", "));
    Ok(())
}
