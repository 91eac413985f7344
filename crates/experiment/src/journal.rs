//! The append-only journal of finished trials, `journal.log`: a line a row, each with its checksum.
//!
//! A row is handed to the system before [`Journal::append`] returns, so that no end of the process loses it, and is on
//! the disk within a second, so that a machine that stops loses the rows of that second at most. In memory are the
//! places of rows, not the rows.

mod frame;
mod keeper;
mod mend;
mod scan;

use crate::line::{Kind, decode, encode, untimed_line};
use crate::replace::{partial, sync_folder};
use crate::{Error, Result};
use keeper::Keeper;
pub use mend::Aside;
use mend::mend;
use scan::{Damage, Scan, Span, read, scan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a journal holds, one line each. Its field `identity` is what [`identity`](Self::identity) says.
pub trait Record: Clone + std::fmt::Debug + Serialize + DeserializeOwned {
    /// What tells it apart from every other record of its plan.
    fn identity(&self) -> &str;

    /// The same as one that the build of this place in the manifest wrote.
    #[must_use]
    fn by(self, build: usize) -> Self;

    /// Its wall time in seconds, the field [`SECONDS`](crate::SECONDS): the only one in which two runs of a trial differ.
    fn seconds(&self) -> f64;

    /// The place in the manifest of the build that wrote it.
    fn build_mut(&mut self) -> &mut usize;

    /// The names of fields that hold words; in any other `nan`, `inf` and `-inf` are numbers.
    fn words() -> Vec<&'static str>;

    /// The kinds of records, of whose fields every line has all.
    fn kinds() -> Vec<Kind>;
}

/// The rows of a plan on disk, and where they stand. Several threads may append.
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    keeper: Keeper,
    state: Mutex<State>,
    rows: PhantomData<fn() -> T>,
}

#[derive(Debug)]
struct State {
    file: Arc<File>,
    /// Bytes of whole lines in the file, and their number.
    len: u64,
    lines: usize,
    spans: HashMap<String, Span>,
    /// Whether a part of a line may stand behind them.
    broken: bool,
}

/// The part of a last line that a dying process left behind, and that reopening removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Its number in the journal, from 1.
    pub line: usize,
    /// Its length in bytes.
    pub bytes: usize,
}

/// What reopening did to a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reopened {
    /// The unfinished line that it removed.
    pub torn: Option<Torn>,
    /// The damaged journal that it set aside.
    pub aside: Option<Aside>,
    /// How many rows fewer there are than the manifest counts.
    pub missing: usize,
}

/// The rows of a journal that this process does not write, as they were when it was read.
#[derive(Debug)]
pub struct Records<T> {
    path: PathBuf,
    spans: HashMap<String, Span>,
    torn: Option<Torn>,
    rows: PhantomData<fn() -> T>,
}

impl<T: Record> Journal<T> {
    /// Creates an empty journal.
    ///
    /// # Errors
    /// If the file exists or cannot be created.
    pub fn create(path: &Path) -> Result<Self> {
        if path.exists() {
            return Err(Error::io("create", path)(io::ErrorKind::AlreadyExists.into()));
        }
        let beside = partial(path);
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(frame::HEADER)?;
            file.sync_all()?;
            fs::rename(&beside, path)?;
            sync_folder(path)
        });
        written.map_err(Error::io("create", path))?;
        let len = frame::HEADER.len() as u64;
        Self::over(path, Scan { len, lines: 1, ..Scan::default() })
    }

    /// Opens a journal that an earlier process left, however that process ended.
    ///
    /// A last line without its end of line is kept if it is a whole row and removed from the file otherwise. A row that
    /// is there twice counts once. With `mending` a damaged journal is set aside, and its whole rows go on.
    ///
    /// # Errors
    /// If the file cannot be read or mended; [`Error::Damaged`] without `mending` for a line that is no row and no torn
    /// last one, [`Error::Doubled`] for a trial with two rows that differ.
    pub fn reopen(path: &Path, mending: bool) -> Result<(Self, Reopened)> {
        let found = scan::<T>(path, Damage::Refuse);
        let (scan, aside) = match found {
            Err(Error::Damaged { .. } | Error::Doubled { .. }) if mending => {
                let aside = mend::<T>(path)?;
                (scan::<T>(path, Damage::Refuse)?, Some(aside))
            }
            found => (found?, None),
        };
        let (torn, open) = (scan.torn.clone(), scan.open);
        let journal = Self::over(path, scan)?;
        journal.end(torn.is_some(), open).map_err(Error::io("mend", path))?;
        Ok((journal, Reopened { torn, aside, missing: 0 }))
    }

    fn over(path: &Path, scan: Scan) -> Result<Self> {
        let file = OpenOptions::new().append(true).open(path).map_err(Error::io("open", path))?;
        Self::with(path, file, scan)
    }

    fn with(path: &Path, file: File, scan: Scan) -> Result<Self> {
        let file = Arc::new(file);
        let keeper = Keeper::of(Arc::clone(&file)).map_err(Error::io("keep", path))?;
        let Scan { len, lines, spans, .. } = scan;
        let state = Mutex::new(State { file, len, lines, spans, broken: false });
        Ok(Self { path: path.to_owned(), keeper, state, rows: PhantomData })
    }

    /// Removes what is left of a torn line, or gives a whole one its end.
    fn end(&self, torn: bool, open: Option<usize>) -> io::Result<()> {
        let mut state = self.lock();
        if torn {
            state.file.set_len(state.len)?;
        }
        if let Some(len) = open {
            let end = state.len + len as u64;
            state.file.set_len(end)?;
            (&*state.file).write_all(b"\n")?;
            state.len = end + 1;
            state.lines += 1;
        }
        if torn || open.is_some() { self.keeper.sync(&state.file) } else { Ok(()) }
    }

    /// Adds the row of a finished trial. When this returns, the end of the process does not lose it; that of the machine
    /// does not a second later.
    ///
    /// # Errors
    /// If the trial has a row already, or the file cannot be written; the journal then holds what it held before.
    pub fn append(&self, row: &T) -> Result<()> {
        let body = encode(row).map_err(|source| Error::Encode { what: "row", source })?;
        let line = frame::line(&body);
        let mut state = self.lock();
        if state.spans.contains_key(row.identity()) {
            return Err(Error::RepeatedRow { path: self.path.clone(), identity: row.identity().to_owned() });
        }
        state
            .write(&line)
            .and_then(|()| self.keeper.written())
            .map_err(Error::io("append to", &self.path))?;
        let span = Span { line: state.lines + 1, start: state.len, len: line.len() - 1 };
        state.len += line.len() as u64;
        state.lines += 1;
        state.spans.insert(row.identity().to_owned(), span);
        Ok(())
    }

    /// Returns when every row is on the disk.
    ///
    /// # Errors
    /// If the system cannot bring it there, or could not before.
    pub fn sync(&self) -> Result<()> {
        let file = Arc::clone(&self.lock().file);
        self.keeper.sync(&file).map_err(Error::io("synchronise", &self.path))
    }

    /// How many trials have a row.
    pub fn len(&self) -> usize {
        self.lock().spans.len()
    }

    /// Whether no trial has a row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the trial of this identity has a row.
    pub fn contains(&self, identity: &str) -> bool {
        self.lock().spans.contains_key(identity)
    }

    /// The rows of these trials, in this order; trials without a row are left out.
    ///
    /// # Errors
    /// If they cannot be read, or are not what was written.
    pub fn rows<'a>(&self, identities: impl IntoIterator<Item = &'a String>) -> Result<Vec<T>> {
        let spans = spans(&self.lock().spans, identities);
        rows(&self.path, &spans)
    }

    /// The same one by one.
    pub(crate) fn for_each<'a>(
        &self,
        identities: impl IntoIterator<Item = &'a String>,
        each: impl FnMut(T),
    ) -> Result<()> {
        let spans = spans(&self.lock().spans, identities);
        for_each(&self.path, &spans, each)
    }

    /// The same as JSON lines without wall times: equal for two runs of a plan.
    pub(crate) fn untimed<'a>(&self, identities: impl IntoIterator<Item = &'a String>) -> Result<Vec<u8>> {
        let spans = spans(&self.lock().spans, identities);
        let mut lines = Vec::new();
        bodies(&self.path, &spans, |span, body| {
            lines.extend_from_slice(&untimed_line(body).map_err(no_row(&self.path, span))?);
            lines.push(b'\n');
            Ok(())
        })?;
        Ok(lines)
    }

    /// A panic elsewhere cannot leave the state half changed: each change is one insertion.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Writes a line, or nothing: what came of a line that failed is cut off again, as the next would follow it.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier row could be neither written nor taken back"));
        }
        (&*self.file).write_all(line).inspect_err(|_| self.broken = self.file.set_len(self.len).is_err())
    }
}

impl<T: Record> Records<T> {
    /// Reads a journal without writing to it. A last line without its end is a row that another process is writing, or
    /// did not finish.
    ///
    /// # Errors
    /// As [`Journal::reopen`] without mending.
    pub fn read(path: &Path) -> Result<Self> {
        let Scan { spans, torn, .. } = scan::<T>(path, Damage::Refuse)?;
        Ok(Self { path: path.to_owned(), spans, torn, rows: PhantomData })
    }

    /// How many trials have a row.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether no trial has a row.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether the trial of this identity has a row.
    pub fn contains(&self, identity: &str) -> bool {
        self.spans.contains_key(identity)
    }

    /// What tells the rows apart, in no order.
    pub fn identities(&self) -> impl Iterator<Item = &str> {
        self.spans.keys().map(String::as_str)
    }

    /// The part of a last row.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// The rows of these trials, in this order; trials without a row are left out.
    ///
    /// # Errors
    /// If they cannot be read, or are not what was written.
    pub fn rows<'a>(&self, identities: impl IntoIterator<Item = &'a String>) -> Result<Vec<T>> {
        rows(&self.path, &spans(&self.spans, identities))
    }
}

fn spans<'a>(known: &HashMap<String, Span>, identities: impl IntoIterator<Item = &'a String>) -> Vec<Span> {
    identities.into_iter().filter_map(|identity| known.get(identity).copied()).collect()
}

fn rows<T: Record>(path: &Path, spans: &[Span]) -> Result<Vec<T>> {
    let mut rows = Vec::with_capacity(spans.len());
    for_each(path, spans, |row| rows.push(row))?;
    Ok(rows)
}

fn for_each<T: Record>(path: &Path, spans: &[Span], mut each: impl FnMut(T)) -> Result<()> {
    bodies(path, spans, |span, body| {
        each(decode(body).map_err(no_row(path, span))?);
        Ok(())
    })
}

fn bodies(path: &Path, spans: &[Span], mut each: impl FnMut(Span, &[u8]) -> Result<()>) -> Result<()> {
    if spans.is_empty() {
        return Ok(());
    }
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    spans.iter().try_for_each(|&span| each(span, &read(path, &mut file, span)?))
}

fn no_row(path: &Path, span: Span) -> impl FnOnce(serde_json::Error) -> Error {
    move |source| Error::Journal { path: path.to_owned(), line: span.line, source }
}

#[cfg(test)]
mod tests;
