//! Where leases stand: those of a folder in it, those of a file beside it.

use super::word::Word;
use super::{Holder, Process};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How the names of leases begin.
const NAME: &str = "lease.";

/// A folder, and how the names of its leases begin.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    prefix: String,
}

/// A lease that stands there.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) number: u64,
    pub(super) holder: Holder,
}

/// How the name of a lease ends that has no number yet.
const PARTIAL: &str = ".partial";

impl Place {
    /// Of a folder: `lease.N`.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), prefix: NAME.to_owned() }
    }

    /// Of a file that need not be there: `.FILE.lease.N` beside it.
    pub(super) fn of_file(file: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let name = file.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
        Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), prefix: format!(".{name}.{NAME}") }
    }

    /// The lease of a number.
    pub(super) fn lease(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}{number}", self.prefix))
    }

    /// Where a lease is written before it has its number.
    pub(super) fn beside(&self, token: &str) -> PathBuf {
        self.folder.join(format!("{}{token}{PARTIAL}", self.prefix))
    }

    /// The leases, as their processes left them at `moment`.
    pub(super) fn found(&self, moment: SystemTime) -> io::Result<Vec<Found>> {
        let mut all = Vec::new();
        for number in self.numbers()? {
            let path = self.lease(number);
            all.extend(left(&path, moment)?.map(|holder| Found { path, number, holder }));
        }
        Ok(all)
    }

    /// Leases without a number, which their processes are about to give one, or were when they died.
    pub(super) fn unnamed(&self, moment: SystemTime) -> io::Result<Vec<(PathBuf, Holder)>> {
        let mut all = Vec::new();
        for token in self.endings()?.iter().filter_map(|ending| ending.strip_suffix(PARTIAL)) {
            let path = self.beside(token);
            all.extend(left(&path, moment)?.map(|holder| (path, holder)));
        }
        Ok(all)
    }

    /// The numbers of the leases, in their order.
    pub(super) fn numbers(&self) -> io::Result<Vec<u64>> {
        let mut all: Vec<u64> = self.endings()?.iter().filter_map(|ending| ending.parse().ok()).collect();
        all.sort_unstable();
        Ok(all)
    }

    /// How the names of all files end that begin as a lease's does.
    fn endings(&self) -> io::Result<Vec<String>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            all.extend(name.to_str().and_then(|name| name.strip_prefix(&self.prefix)).map(str::to_owned));
        }
        Ok(all)
    }
}

/// Who left a lease, as of `moment`; `None` where it was given back meanwhile.
fn left(path: &Path, moment: SystemTime) -> io::Result<Option<Holder>> {
    match fs::metadata(path).and_then(|file| Ok((file.modified()?, fs::read(path)?))) {
        Ok((sign, bytes)) => {
            let silence = moment.duration_since(sign).unwrap_or_default();
            Ok(Some(Holder { silence, ..holder(&bytes) }))
        }
        Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// What the bytes of a lease say: who it is, and in a second line what it is doing.
fn holder(bytes: &[u8]) -> Holder {
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let known = serde_json::from_slice::<Holder>(&bytes[..end]).map(|mut holder| {
        holder.word = Word::of(&bytes[end..]);
        holder
    });
    known.unwrap_or_else(|_| Holder {
        process: Process::unknown(),
        token: String::new(),
        since: "an unknown time".into(),
        shared: false,
        silence: Duration::ZERO,
        word: None,
    })
}

/// Whether a file of this name belongs to leases, and not to the results of a run.
pub(crate) fn is_lease(name: &str) -> bool {
    name.strip_prefix(NAME).is_some_and(|rest| {
        rest.ends_with(PARTIAL) || (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    })
}
