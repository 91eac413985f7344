//! How the children of the tests are started.

use equipoise_schedule::Level;
use equipoise_served::{Served, ServedError, Settings};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// The level of most requests.
pub(crate) const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };
/// D of the children.
pub(crate) const DIM: usize = 12;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/served")
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn runs(python: &str, code: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{} {python} -c '{code}'", paths())]);
    command.stdin(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Where children find the helpers, and the NumPy that `cargo xtask test` installs where there is none.
pub(crate) fn paths() -> String {
    let root = root();
    format!("PYTHONPATH='{0}/examples:{0}/target/numpy' PYTHONDONTWRITEBYTECODE=1", root.display())
}

/// Whether Python has `module`. In continuous integration, what cannot be tested fails.
fn has(module: &str) -> bool {
    let there = runs("python3", &format!("import {module}"));
    let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(there || !in_ci, "found no python3 that imports {module}, expected one where CI is set");
    if !there {
        eprintln!("skipped: found no python3 that imports {module}");
    }
    there
}

/// Whether children of the standard library can be tested.
pub(crate) fn python() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| has("json"))
}

/// Whether children of NumPy can be tested.
pub(crate) fn numpy() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| has("numpy"))
}

/// The command of the child with that fault.
pub(crate) fn command(fault: &str) -> String {
    format!("exec python3 '{}/child.py' {fault}", folder().display())
}

/// The command of the Gaussian child of NumPy.
pub(crate) fn gaussian(dtype: &str, batch: usize) -> String {
    format!("{} exec python3 '{}/gaussian.py' {dtype} {batch}", paths(), folder().display())
}

/// Long enough for a busy machine, and quiet.
pub(crate) const PATIENT: Settings =
    Settings { hello: Duration::from_secs(60), request: Duration::from_secs(60), forward: false };

pub(crate) fn start(command: &str) -> Result<Served, ServedError> {
    Served::start_with(command, &PATIENT)
}

/// A state of so many members.
pub(crate) fn fields(members: usize, seed: usize) -> Vec<f32> {
    (0..members * DIM).map(|i| ((i * 7 + seed * 13) as f32 * 0.37).sin() * 1.5).collect()
}
