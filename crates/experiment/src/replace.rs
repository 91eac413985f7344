//! Replacing a file in one step, so that a reader finds the old content or the new, never a part.

use crate::{Error, Result};
use equipoise_report::Table;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Where the new content stands until it is complete.
pub(crate) fn partial(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(".partial");
    PathBuf::from(name)
}

/// Writes `bytes` beside `path`, syncs, and renames over it.
///
/// # Errors
/// [`Error::Io`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = partial(path);
    let written = File::create(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&partial, path)).map_err(|source| {
        // The fault to report is the first one; a leftover partial file is overwritten next time.
        let _ = fs::remove_file(&partial);
        Error::io("write", path)(source)
    })
}

/// Brings the name of a file that was created or renamed to the disk, where folders can be synchronised.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent().filter(|_| cfg!(unix)) {
        Some(folder) if folder.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Writes a table as CSV in one step.
///
/// # Errors
/// [`Error::Form`], [`Error::Io`].
pub fn write_table(path: &Path, table: &Table) -> Result<()> {
    let bytes = table.csv().map_err(Error::form(path, "cannot be written as CSV"))?;
    replace(path, &bytes)
}
