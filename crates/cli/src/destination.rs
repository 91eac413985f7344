//! Whether results can be written where `--out` says, found out before anything is computed.

use anyhow::{Context, bail};
use equipoise_data::Location;
use std::fs;
use std::path::Path;

/// A folder that is there, or can be made with those above it.
///
/// # Errors
/// A file in its place or above it, or a folder that cannot be written into.
pub(crate) fn folder(path: &Path) -> anyhow::Result<()> {
    let there = path.ancestors().map(named).find(|above| fs::symlink_metadata(above).is_ok());
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        let found = if there.exists() { "a file" } else { "a link to nothing" };
        bail!("--out {}: {} is {found}, expected a folder", path.display(), there.display());
    }
    writable(path, there)
}

/// A file that can be written into a folder that is there.
///
/// # Errors
/// A folder in its place, no folder to hold it, or one that cannot be written into.
pub(crate) fn file(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        bail!("--out {}: found a folder, expected a file", path.display());
    }
    if path.exists() && !path.is_file() {
        bail!("--out {}: found a device or a pipe, expected a file", path.display());
    }
    let holding = named(path.parent().unwrap_or(Path::new("")));
    if !holding.is_dir() {
        bail!("--out {}: no folder {}", path.display(), holding.display());
    }
    writable(path, holding)
}

/// No file that a call reads stands in the folder of its results under a name that may be replaced: one of
/// `written`, or any where that is `None`.
///
/// # Errors
/// The first file that does.
pub(crate) fn apart(read: &[&Path], out: &Path, written: Option<&[&str]>) -> anyhow::Result<()> {
    let Ok(folder) = out.canonicalize() else { return Ok(()) };
    let taken = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        path.parent() == Some(&folder)
            && written.is_none_or(|names| names.iter().any(|known| name.as_deref() == Some(*known)))
    };
    match read.iter().find(|path| Location::of(path).file.canonicalize().is_ok_and(|path| taken(&path))) {
        None => Ok(()),
        Some(path) => bail!(
            "--out {}: found {}, which this call reads, among what it may replace; expected another folder",
            out.display(),
            path.display()
        ),
    }
}

/// The empty path is the folder that relative ones begin in.
fn named(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// Tries with a file of no other's name, which is removed: permissions alone do not tell.
fn writable(path: &Path, folder: &Path) -> anyhow::Result<()> {
    let probe = folder.join(format!(".equipoise.{}.probe", std::process::id()));
    fs::File::create_new(&probe)
        .and_then(|_| fs::remove_file(&probe))
        .with_context(|| format!("--out {}: cannot write into {}", path.display(), folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_hold_results_is_named_and_nothing_is_left() {
        let within = tempfile::tempdir().unwrap();
        let at = |name: &str| within.path().join(name);
        fs::write(at("taken"), "").unwrap();
        let refused = |result: anyhow::Result<()>, part: &str| {
            let text = format!("{:#}", result.unwrap_err());
            assert!(text.starts_with("--out ") && text.contains(part), "{text}");
        };
        folder(&at("a/b/c")).unwrap();
        folder(within.path()).unwrap();
        file(&at("prior.h5")).unwrap();
        file(&at("taken")).unwrap();
        refused(folder(&at("taken")), "taken is a file, expected a folder");
        refused(folder(&at("taken/b/c")), "taken is a file, expected a folder");
        refused(file(within.path()), "found a folder, expected a file");
        refused(file(&at("a/prior.h5")), "no folder");
        refused(file(&at("taken/prior.h5")), "no folder");
        let left: Vec<_> = fs::read_dir(within.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["taken"]);
    }

    #[test]
    fn what_a_call_reads_is_not_replaced() {
        let within = tempfile::tempdir().unwrap();
        let at = |name: &str| within.path().join(name);
        fs::write(at("readings.csv"), "").unwrap();
        fs::create_dir(at("results")).unwrap();
        let (table, names) = (at("readings.csv"), ["readings.csv"]);
        let refused = apart(&[&table], within.path(), Some(&names)).unwrap_err().to_string();
        assert!(refused.contains("readings.csv, which this call reads"), "{refused}");
        assert!(apart(&[&table], &at("results/.."), None).is_err());
        apart(&[&table], within.path(), Some(&["mean.png"])).unwrap();
        apart(&[&table], &at("results"), None).unwrap();
        apart(&[&table], &at("none"), None).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        let refused = file(Path::new("/dev/null")).unwrap_err().to_string();
        assert!(refused.contains("found a device or a pipe"), "{refused}");
    }

    /// Root may write wherever permissions forbid it, but not where no file can be.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_takes_no_file_is_found_by_trying() {
        let text = format!("{:#}", folder(Path::new("/proc/results")).unwrap_err());
        assert!(text.starts_with("--out /proc/results: cannot write into /proc: "), "{text}");
    }
}
