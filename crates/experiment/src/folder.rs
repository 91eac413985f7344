//! A folder before a run: the names of its files, whether it has content, what may be removed.

use crate::manifest::MANIFEST;
use crate::replace::partial;
use crate::{Error, Manifest, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// The name of the journal in the output folder.
pub const RESULTS_JSONL: &str = "results.jsonl";

/// The name of the table of results in the output folder.
pub const RESULTS_CSV: &str = "results.csv";

/// The name of the resolved plan in the output folder.
pub const PLAN_TOML: &str = "plan.toml";

/// The name of the page in the output folder.
pub const REPORT: &str = "report.html";

/// What to do with a folder that has content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Continue the run in it, if the build and the backend are those that last wrote there.
    Resume,
    /// Continue it under any build and backend, and record the new one.
    ResumeAnyway,
    /// Remove what an earlier run wrote in it, and nothing else.
    Force,
}

/// Refuses a folder that [`Output::open`](crate::Output::open) would refuse whatever the plan is. Changes nothing.
///
/// # Errors
/// If the folder has content that `existing` does not allow or that is no run to resume, or if it
/// is no folder.
pub fn check_free(folder: &Path, existing: Existing) -> Result<()> {
    if !occupied(folder)? {
        return Ok(());
    }
    match existing {
        Existing::Refuse => Err(Error::Occupied { folder: folder.to_owned() }),
        Existing::Resume | Existing::ResumeAnyway if Manifest::<Value>::read(folder)?.is_none() => {
            Err(Error::nothing_to_resume(folder))
        }
        Existing::Resume | Existing::ResumeAnyway | Existing::Force => Ok(()),
    }
}

/// Whether the folder exists and has content.
///
/// # Errors
/// [`Error::Found`] for a file, [`Error::Io`] for what the system refuses.
pub fn occupied(folder: &Path) -> Result<bool> {
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            Err(Error::found(folder, "a file", "a folder or a path that does not exist"))
        }
        Ok(_) => Ok(fs::read_dir(folder).map_err(Error::io("read", folder))?.next().is_some()),
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(false),
        Err(fault) => Err(Error::io("read", folder)(fault)),
    }
}

/// The path of an output file, which must lie below `folder` by its name.
pub(crate) fn inside(folder: &Path, name: &str) -> Result<PathBuf> {
    let relative = Path::new(name);
    let plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    if plain && !name.is_empty() {
        Ok(folder.join(relative))
    } else {
        Err(Error::OutsideFolder { folder: folder.to_owned(), name: name.to_owned() })
    }
}

/// Removes the files that the manifest of `folder` lists, the manifest last, and folders that this
/// leaves empty. Everything is checked before anything is removed.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    let Some(manifest) = Manifest::<Value>::read(folder)? else { return Ok(()) };
    let files = removable(folder, &manifest)?;
    for file in &files {
        match fs::remove_file(file) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => {
                return Err(Error::io("remove", file)(fault));
            }
            _ => {}
        }
    }
    let parents: BTreeSet<&Path> = files.iter().flat_map(|file| file.ancestors().skip(1)).collect();
    for parent in parents.into_iter().rev().filter(|parent| parent.starts_with(folder) && *parent != folder) {
        // A folder that still has content is not ours to remove, and refuses.
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

fn removable(folder: &Path, manifest: &Manifest<Value>) -> Result<Vec<PathBuf>> {
    let root = folder.canonicalize().map_err(Error::io("read", folder))?;
    let mut files = Vec::new();
    for name in manifest.files.iter().filter(|name| *name != MANIFEST) {
        let path = inside(folder, name)?;
        match path.parent().and_then(|parent| parent.canonicalize().ok()) {
            Some(parent) if !parent.starts_with(&root) => {
                return Err(Error::OutsideFolder { folder: folder.to_owned(), name: name.clone() });
            }
            Some(_) if name == RESULTS_CSV => files.extend([partial(&path), path]),
            Some(_) => files.push(path),
            None => {}
        }
    }
    let own = folder.join(MANIFEST);
    files.extend([partial(&own), own]);
    Ok(files)
}
