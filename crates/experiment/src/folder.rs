//! A folder before a run: the names of its files, whether it has content, what may be removed.

use crate::lease::is_lease;
use crate::manifest::MANIFEST;
use crate::{Error, Manifest, Result};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// The name of the journal in the output folder.
pub const JOURNAL: &str = "journal.log";

/// The name of the results as JSON lines in the output folder.
pub const RESULTS_JSONL: &str = "results.jsonl";

/// The name of the table of results in the output folder.
pub const RESULTS_CSV: &str = "results.csv";

/// The name of the table of wall times in the output folder.
pub const TIMINGS_CSV: &str = "timings.csv";

/// The name of the resolved plan in the output folder.
pub const PLAN_TOML: &str = "plan.toml";

/// The name of the page in the output folder.
pub const REPORT: &str = "report.html";

/// What to do with a folder that has content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Continue the run in it.
    Resume(Resume),
    /// Remove what an earlier run wrote in it, and nothing else.
    Force,
}

/// What a run is continued in spite of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resume {
    /// Another build or backend than wrote the rows, which is recorded; else they must be those that last wrote there.
    pub anyway: bool,
    /// A damaged journal, which is set aside; its whole rows go on.
    pub mend: bool,
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
        Existing::Resume(_) if Manifest::<Value>::read(folder)?.is_none() => {
            Err(Error::nothing_to_resume(folder))
        }
        Existing::Resume(_) | Existing::Force => Ok(()),
    }
}

/// Whether the folder exists and has content other than leases.
///
/// # Errors
/// [`Error::Found`] for a file, [`Error::Io`] for what the system refuses.
pub fn occupied(folder: &Path) -> Result<bool> {
    match fs::metadata(folder) {
        Ok(found) if !found.is_dir() => {
            Err(Error::found(folder, "a file", "a folder or a path that does not exist"))
        }
        Ok(_) => {
            let names = fs::read_dir(folder).and_then(|all| all.map(|one| Ok(one?.file_name())).collect());
            let names: Vec<OsString> = names.map_err(Error::io("read", folder))?;
            Ok(names.iter().any(|name| !name.to_str().is_some_and(is_lease)))
        }
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
    let files = listed(folder, &manifest.files)?;
    partials(&files)?.iter().chain(&files).try_for_each(|file| remove(file))?;
    let parents: BTreeSet<&Path> = files.iter().flat_map(|file| file.ancestors().skip(1)).collect();
    for parent in parents.into_iter().rev().filter(|parent| parent.starts_with(folder) && *parent != folder) {
        // A folder that still has content is not ours to remove, and refuses.
        let _ = fs::remove_dir(parent);
    }
    Ok(())
}

/// Removes what a process that was killed left of files of these names while it wrote them.
pub(crate) fn clear_partials(folder: &Path, names: &BTreeSet<String>) -> Result<()> {
    partials(&listed(folder, names)?)?.iter().try_for_each(|file| remove(file))
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(fault) if fault.kind() != ErrorKind::NotFound => Err(Error::io("remove", file)(fault)),
        _ => Ok(()),
    }
}

/// The paths of files of a manifest whose folders exist, which must lie within `folder`; its own is the last.
fn listed(folder: &Path, names: &BTreeSet<String>) -> Result<Vec<PathBuf>> {
    let root = folder.canonicalize().map_err(Error::io("read", folder))?;
    let mut files = Vec::new();
    for name in names.iter().filter(|name| *name != MANIFEST) {
        let path = inside(folder, name)?;
        match path.parent().and_then(|parent| parent.canonicalize().ok()) {
            Some(parent) if !parent.starts_with(&root) => {
                return Err(Error::OutsideFolder { folder: folder.to_owned(), name: name.clone() });
            }
            Some(_) => files.push(path),
            None => {}
        }
    }
    files.push(folder.join(MANIFEST));
    Ok(files)
}

/// The files `NAME.partial` and `NAME.PROCESS.partial` beside these.
fn partials(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let folders: BTreeSet<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    let names: HashSet<&Path> = files.iter().map(PathBuf::as_path).collect();
    let is_number = |part: &OsStr| part.to_str().is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let mut found = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
            let path = entry.map_err(Error::io("read", folder))?.path();
            if path.extension().is_none_or(|ending| ending != "partial") {
                continue;
            }
            let whole = path.with_extension("");
            let bare = whole.extension().filter(|part| is_number(part)).map(|_| whole.with_extension(""));
            if names.contains(&*whole) || bare.is_some_and(|bare| names.contains(&*bare)) {
                found.push(path);
            }
        }
    }
    Ok(found)
}
