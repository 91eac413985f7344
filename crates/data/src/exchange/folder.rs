//! Folders and files that stand there whole or not at all.

use crate::store::{Existing, may_stand};
use crate::{DataError, Result};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of a file within which it says what it is.
const START: u64 = 1 << 20;

/// A folder being written under another name. Dropped before [`finish`](Self::finish), it leaves nothing behind.
pub(super) struct Folder<'a> {
    path: &'a Path,
    temporary: PathBuf,
    existing: Existing,
}

impl<'a> Folder<'a> {
    /// Begins a folder that will stand at `path`, where what stands there may be replaced.
    pub(super) fn create(path: &'a Path, existing: Existing) -> Result<Self> {
        may_stand(path, existing)?;
        let temporary = hidden(path, "partial");
        // Left by a process of this number that was killed.
        let _ = fs::remove_dir_all(&temporary);
        fs::create_dir(&temporary).map_err(|source| DataError::io(path, source))?;
        Ok(Self { path, temporary, existing })
    }

    /// Makes a folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<()> {
        fs::create_dir_all(self.temporary.join(name)).map_err(|source| DataError::io(self.path, source))
    }

    /// Writes a file in it.
    pub(super) fn write(&self, name: &str, bytes: &[&[u8]]) -> Result<()> {
        put(&self.temporary.join(name), bytes).map_err(|source| DataError::io(&self.path.join(name), source))
    }

    /// Moves it to its place.
    pub(super) fn finish(self) -> Result<()> {
        may_stand(self.path, self.existing)?;
        let moved = |source| DataError::io(self.path, source);
        if !self.path.exists() {
            return fs::rename(&self.temporary, self.path).map_err(moved);
        }
        // Two folders do not change places at once: for a moment neither stands there.
        let earlier = hidden(self.path, "earlier");
        fs::rename(self.path, &earlier).map_err(moved)?;
        if let Err(source) = fs::rename(&self.temporary, self.path) {
            let _ = fs::rename(&earlier, self.path);
            return Err(moved(source));
        }
        fs::remove_dir_all(&earlier).map_err(moved)
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = fs::remove_dir_all(&self.temporary);
    }
}

/// Writes a file that stands there whole or not at all.
pub(super) fn write(path: &Path, existing: Existing, bytes: &[u8]) -> Result<()> {
    may_stand(path, existing)?;
    let (temporary, io) = (hidden(path, "partial"), |source| DataError::io(path, source));
    let written = put(&temporary, &[bytes]).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(io)
}

/// Whether the beginning of a file holds these words.
pub(super) fn says(path: &Path, words: &str) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START).read_to_end(&mut start));
    read.is_ok() && start.windows(words.len()).any(|window| window == words.as_bytes())
}

/// A name beside a path that no listing shows.
fn hidden(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.{what}", std::process::id()))
}

fn put(path: &Path, bytes: &[&[u8]]) -> std::io::Result<()> {
    let mut to = BufWriter::new(File::create(path)?);
    bytes.iter().try_for_each(|part| to.write_all(part))?;
    to.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
}

/// Numbers as little-endian bytes.
pub(super) fn bytes<const N: usize, E: Copy>(numbers: &[E], of: impl Fn(E) -> [u8; N]) -> Vec<u8> {
    numbers.iter().flat_map(|x| of(*x)).collect()
}
