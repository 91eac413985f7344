//! Files that are either the old one or the whole new one.

use crate::ReportError;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` to `path` through a file beside it and a rename, so that a reader, or a run cut
/// short, never meets half a file. The folder must exist.
///
/// # Errors
/// [`ReportError::Write`] with the path when the folder is missing, full or not writable; whatever
/// stood at `path` is then still there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    let fault = |source| ReportError::Write { path: path.to_path_buf(), bytes: bytes.len(), source };
    let name = path.file_name().ok_or_else(|| fault(io::ErrorKind::InvalidInput.into()))?;
    let mut partial_name = name.to_os_string();
    partial_name.push(format!(".{}.partial", std::process::id()));
    let partial = path.with_file_name(partial_name);
    let written = write_through(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    written.map_err(|source| {
        // The first fault is the one to report; the partial file may not exist at all.
        let _ = fs::remove_file(&partial);
        fault(source)
    })
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_a_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        write_atomically(&path, b"first").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_fault_names_the_path_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("absent").join("report.html");
        let message = write_atomically(&path, b"text").unwrap_err().to_string();
        assert!(message.contains("absent") && message.contains("4 bytes"), "{message}");
        let directory = folder.path().join("taken");
        fs::create_dir(&directory).unwrap();
        assert!(write_atomically(&directory, b"text").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
