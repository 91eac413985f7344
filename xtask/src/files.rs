//! Files below a folder, and how checksums are written.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// The file `path`, or all files below that folder in their order; what was built there (`target`) is left out.
///
/// # Errors
/// If a folder cannot be listed.
pub(crate) fn below(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unread = || format!("cannot list {}", path.display());
    let mut all = Vec::new();
    for entry in std::fs::read_dir(path).with_context(unread)? {
        let entry = entry.with_context(unread)?;
        let kind = entry.file_type().with_context(unread)?;
        if kind.is_dir() && entry.file_name() != "target" {
            all.extend(below(&entry.path())?);
        } else if kind.is_file() {
            all.push(entry.path());
        }
    }
    all.sort();
    Ok(all)
}

/// A path from `root` on, with `/` between folders.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).iter().map(|part| part.to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
