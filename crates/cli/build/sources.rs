//! The digest of all that the command is made of: sources, kernels, packages and the versions of others'.

use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files of these kinds become code; pictures, texts and snapshots do not.
const KINDS: [&str; 9] = ["rs", "toml", "lock", "cu", "cuh", "ptx", "c", "cpp", "h"];

/// Folders of a package that reach the command.
const PARTS: [&str; 4] = ["src", "build", "kernels", "ptx"];

/// Hexadecimal digits of a digest: 64 bits.
const DIGITS: usize = 16;

/// The root of the workspace whose package `crates/cli` is `package`; `None` for a package on its own.
pub(crate) fn workspace(package: &Path) -> Option<PathBuf> {
    let root = package.ancestors().nth(2)?;
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).ok()?;
    let inside = package == root.join("crates").join("cli");
    (inside && manifest.contains("[workspace]") && root.join("Cargo.lock").is_file()).then(|| root.to_owned())
}

/// The files and folders below `root` that a digest is made of.
///
/// # Errors
/// A folder that cannot be read.
pub(crate) fn parts(root: &Path) -> std::io::Result<BTreeSet<PathBuf>> {
    let mut parts = BTreeSet::from(["Cargo.toml", "Cargo.lock", ".cargo"].map(|name| root.join(name)));
    for package in std::fs::read_dir(root.join("crates"))? {
        let package = package?.path();
        parts.extend(["Cargo.toml", "build.rs"].iter().chain(&PARTS).map(|name| package.join(name)));
    }
    Ok(parts.into_iter().filter(|path| path.exists()).collect())
}

/// The digest of `parts`: of the path from `root`, the length and the content of every file of a kind that
/// becomes code, in the order of their paths.
///
/// # Errors
/// A file or folder that cannot be read.
pub(crate) fn digest(root: &Path, parts: &BTreeSet<PathBuf>) -> std::io::Result<String> {
    let mut files = BTreeSet::new();
    parts.iter().try_for_each(|part| collect(part, &mut files))?;
    let mut hash = Sha256::new();
    for file in files {
        let content = std::fs::read(&file)?;
        let name: Vec<_> =
            file.strip_prefix(root).unwrap_or(&file).iter().map(|p| p.to_string_lossy()).collect();
        hash.update(format!("{}\0{}\0", name.join("/"), content.len()));
        hash.update(content);
    }
    let mut text: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    text.truncate(DIGITS);
    Ok(text)
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    if path.is_dir() {
        return std::fs::read_dir(path)?.try_for_each(|entry| collect(&entry?.path(), files));
    }
    let kind = path.extension().and_then(|kind| kind.to_str());
    if kind.is_some_and(|kind| KINDS.contains(&kind)) {
        files.insert(path.to_owned());
    }
    Ok(())
}
