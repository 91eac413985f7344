//! Hands the digest of the sources to the build, and their git revision, where there is a workspace or one.

#[path = "build/sources.rs"]
mod sources;

use std::path::Path;
use std::process::Command;

/// This package inside the repository; elsewhere git speaks of another project.
const PREFIX: &str = "crates/cli/";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(digest) = digest() {
        println!("cargo::rustc-env=EQUIPOISE_SOURCES={digest}");
    }
    let Some((revision, log)) = git(&["HEAD", "--show-prefix", "--git-path", "logs/HEAD"]) else { return };
    println!("cargo::rustc-env=EQUIPOISE_REVISION={revision}");
    // The log grows with every commit; HEAD itself only changes with the branch.
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
}

/// The digest of the workspace around this package, unless there is none. Cargo runs this again after a
/// change below any of the parts; a new package changes the lock file.
fn digest() -> Option<String> {
    let root = sources::workspace(Path::new(&std::env::var_os("CARGO_MANIFEST_DIR")?))?;
    let parts = sources::parts(&root).ok()?;
    parts.iter().for_each(|part| println!("cargo::rerun-if-changed={}", part.display()));
    sources::digest(&root, &parts).ok()
}

/// The revision and the path of the log, unless git or the repository is missing.
fn git(asked: &[&str]) -> Option<(String, String)> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR")?;
    let output = Command::new("git").arg("rev-parse").args(asked).current_dir(folder).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    match text.lines().collect::<Vec<_>>()[..] {
        [revision, PREFIX, log] if output.status.success() => Some((revision.into(), log.into())),
        _ => None,
    }
}
