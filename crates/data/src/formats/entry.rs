//! The bytes of an entry of a zip archive, which are held to its sum before any of them is used.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, copy, sink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use zip::{CompressionMethod, ZipArchive};

/// An entry behind a header of its own.
#[derive(Debug)]
pub(crate) struct Entry {
    path: PathBuf,
    index: usize,
    header: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Nothing was read.
    Fresh,
    /// Stored as it is: the file, and where the entry begins in it.
    Stored(File, u64),
    /// Decompressed.
    Held(Vec<u8>),
}

impl Entry {
    /// The entry of this index, without its first `header` bytes.
    pub(crate) fn new(path: &Path, index: usize, header: u64) -> Self {
        Self { path: path.into(), index, header, state: Mutex::new(State::Fresh) }
    }

    /// Fills a slice from an offset on.
    ///
    /// # Errors
    /// Of reading and decompressing; for bytes whose sum is not that of the archive.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Fresh = *state {
            *state = self.open()?;
        }
        let offset = self.header + offset;
        match &mut *state {
            State::Fresh => Err(ErrorKind::NotFound.into()),
            State::Stored(file, from) => {
                file.seek(SeekFrom::Start(*from + offset))?;
                file.read_exact(into)
            }
            State::Held(bytes) => {
                let rest =
                    usize::try_from(offset).ok().and_then(|start| bytes.get(start..)?.get(..into.len()));
                into.copy_from_slice(rest.ok_or(ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    fn open(&self) -> Result<State> {
        let mut archive = ZipArchive::new(File::open(&self.path)?).map_err(Error::other)?;
        let mut entry = archive.by_index(self.index).map_err(Error::other)?;
        let name = entry.name().map_or_else(|_| self.index.to_string(), |name| name.into_owned());
        let damaged = |error: Error| {
            let told = format!("entry `{name}` of the archive is damaged ({error}); copy or save it again");
            Error::new(ErrorKind::InvalidData, told)
        };
        // Reading to the end compares the sum.
        match entry.data_start().filter(|_| entry.compression() == CompressionMethod::Stored) {
            Some(from) => {
                copy(&mut entry, &mut sink()).map_err(damaged)?;
                Ok(State::Stored(File::open(&self.path)?, from))
            }
            None => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).map_err(damaged)?;
                Ok(State::Held(bytes))
            }
        }
    }
}
