//! Opening an HDF5 file, and the name for what is wrong when it does not open.

use crate::{DataError, Result};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// The newest superblock that HDF5 1.10 and later write and read.
const NEWEST_SUPERBLOCK: u8 = 3;

/// Bytes of the smallest superblock (versions 2 and 3 with 8-byte addresses).
const SMALLEST_SUPERBLOCK: u64 = 48;

/// An open file and the version of its superblock.
#[derive(Debug)]
pub(crate) struct Hdf5File {
    path: PathBuf,
    superblock: u8,
    pub(crate) root: hdf5::File,
}

impl Hdf5File {
    /// Opens for reading.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let superblock = superblock_version(path)?;
        let root = hdf5::File::open(path).map_err(|e| classify(path, superblock, "open it", e))?;
        Ok(Self { path: path.into(), superblock, root })
    }

    /// Names an HDF5 fault that came up while doing `action`.
    pub(crate) fn fault(&self, action: &str, error: hdf5::Error) -> DataError {
        classify(&self.path, self.superblock, action, error)
    }

    /// The names of the members of the root.
    pub(crate) fn members(&self) -> Result<Vec<String>> {
        self.root.member_names().map_err(|e| self.fault("list its members", e))
    }
}

/// Whether a file, of whatever name, is HDF5 by its first bytes.
pub(crate) fn is_hdf5(path: &Path) -> bool {
    path.is_file() && superblock_version(path).is_ok()
}

/// The version byte of the superblock, which may stand at 0, 512, 1024, 2048, …
fn superblock_version(path: &Path) -> Result<u8> {
    let fault = |source| DataError::io(path, source);
    let mut file = std::fs::File::open(path).map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    if metadata.is_dir() || metadata.len() == 0 {
        let found = if metadata.is_dir() { "a folder" } else { "an empty file" };
        return Err(DataError::NotHdf5 { path: path.into(), found: found.into() });
    }
    let (mut offset, mut first) = (0u64, Vec::new());
    while offset < metadata.len() {
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(offset)).map_err(fault)?;
        (&mut file).take(SMALLEST_SUPERBLOCK).read_to_end(&mut head).map_err(fault)?;
        if head.starts_with(&SIGNATURE) {
            return whole_superblock(path, &head, metadata.len());
        }
        if offset == 0 {
            first = head;
        }
        offset = if offset == 0 { 512 } else { offset * 2 };
    }
    let found =
        format!("a file that begins with {:?}", String::from_utf8_lossy(&first[..first.len().min(8)]));
    Err(DataError::NotHdf5 { path: path.into(), found })
}

fn whole_superblock(path: &Path, head: &[u8], found: u64) -> Result<u8> {
    if (head.len() as u64) < SMALLEST_SUPERBLOCK {
        let detail = "it ends inside the superblock".into();
        return Err(DataError::Truncated { path: path.into(), found, detail });
    }
    Ok(head[SIGNATURE.len()])
}

fn classify(path: &Path, superblock: u8, action: &str, error: hdf5::Error) -> DataError {
    let shown = error.to_string();
    let frames: Vec<String> =
        error.stack().map(|s| s.iter().map(|f| f.desc().to_owned()).collect()).unwrap_or_default();
    let detail = frames.last().cloned().unwrap_or(shown);
    let says = |word: &str| frames.iter().any(|f| f.to_lowercase().contains(word));
    let path = path.to_path_buf();
    if says("unable to lock file") {
        DataError::Locked { path, detail }
    } else if says("truncated") {
        let found = std::fs::metadata(&path).map_or(0, |m| m.len());
        DataError::Truncated { path, found, detail }
    } else if superblock > NEWEST_SUPERBLOCK || says("version") {
        let (major, minor, patch) = hdf5::library_version();
        DataError::NewerFormat { path, superblock, library: format!("{major}.{minor}.{patch}"), detail }
    } else {
        DataError::Hdf5 { path, action: action.into(), detail }
    }
}
