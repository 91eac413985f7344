//! The append-only journal of finished trials, `results.jsonl`: one line a row.

use crate::line::{Kind, decode, encode};
use crate::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a journal holds, one line each.
pub trait Record: Clone + Serialize + DeserializeOwned {
    /// What tells it apart from every other record of its plan.
    fn identity(&self) -> &str;

    /// The same as one that the build of this place in the manifest wrote.
    #[must_use]
    fn by(self, build: usize) -> Self;

    /// The names of fields that hold words; in any other `nan`, `inf` and `-inf` are numbers.
    fn words() -> Vec<&'static str>;

    /// The kinds of records, of whose fields every line has all.
    fn kinds() -> Vec<Kind>;
}

/// The rows of a plan, on disk and in memory. Several threads may append.
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    file: File,
    /// Bytes of whole lines in the file.
    len: u64,
    rows: HashMap<String, T>,
}

/// The part of a last line that a dying process left behind, and that reopening removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Its number in the journal, from 1.
    pub line: usize,
    /// Its length in bytes.
    pub bytes: usize,
}

impl<T: Record> Journal<T> {
    /// Creates an empty journal.
    ///
    /// # Errors
    /// If the file exists or cannot be created.
    pub fn create(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create_new(true).open(path);
        let file = file.map_err(Error::io("create", path))?;
        Ok(Self::with(path, State { file, len: 0, rows: HashMap::new() }))
    }

    /// Opens a journal that an earlier process left, however that process ended.
    ///
    /// A last line without its end of line is kept if it is a whole row and removed from the file
    /// otherwise. If a trial has two rows, the first stands.
    ///
    /// # Errors
    /// If the file cannot be read or mended, or if a line that is not a torn last one is no row.
    pub fn reopen(path: &Path) -> Result<(Self, Option<Torn>)> {
        let mut bytes = Vec::new();
        let file = OpenOptions::new().read(true).append(true).open(path);
        let mut file = file.map_err(Error::io("open", path))?;
        file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let (lines, tail) = bytes.split_at(whole);

        let mut state: State<T> = State { file, len: whole as u64, rows: HashMap::new() };
        let mut line = 1;
        for text in lines.split_inclusive(|&byte| byte == b'\n') {
            let row: T =
                decode(text).map_err(|source| Error::Journal { path: path.to_owned(), line, source })?;
            state.rows.entry(row.identity().to_owned()).or_insert(row);
            line += 1;
        }
        let mut torn = None;
        if !tail.is_empty() {
            match decode::<T>(tail) {
                Ok(row) => state.end_line(tail.len(), row).map_err(Error::io("mend", path))?,
                Err(_) => {
                    state.cut().map_err(Error::io("mend", path))?;
                    torn = Some(Torn { line, bytes: tail.len() });
                }
            }
        }
        Ok((Self::with(path, state), torn))
    }

    fn with(path: &Path, state: State<T>) -> Self {
        Self { path: path.to_owned(), state: Mutex::new(state) }
    }

    /// Adds the row of a finished trial. When this returns, the row is on the disk.
    ///
    /// # Errors
    /// If the trial has a row already, or the file cannot be written; the journal then holds what it
    /// held before.
    pub fn append(&self, row: T) -> Result<()> {
        let mut line = encode(&row).map_err(|source| Error::Encode { what: "row", source })?;
        line.push(b'\n');
        let mut state = self.lock();
        if state.rows.contains_key(row.identity()) {
            return Err(Error::RepeatedRow { path: self.path.clone(), identity: row.identity().to_owned() });
        }
        if let Err(source) = state.write(&line) {
            // The fault to report is that of the write; reopening removes what it may have left.
            let _ = state.cut();
            return Err(Error::io("append to", &self.path)(source));
        }
        state.len += line.len() as u64;
        state.rows.insert(row.identity().to_owned(), row);
        Ok(())
    }

    /// How many trials have a row.
    pub fn len(&self) -> usize {
        self.lock().rows.len()
    }

    /// Whether no trial has a row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the trial of this identity has a row.
    pub fn contains(&self, identity: &str) -> bool {
        self.lock().rows.contains_key(identity)
    }

    /// The rows of these trials, in this order; trials without a row are left out.
    pub fn rows<'a>(&self, identities: impl IntoIterator<Item = &'a String>) -> Vec<T> {
        let state = self.lock();
        identities.into_iter().filter_map(|identity| state.rows.get(identity).cloned()).collect()
    }

    /// A panic elsewhere cannot leave the state half changed: each change is one insertion.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Record> State<T> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<()> {
        self.file.write_all(line)?;
        self.file.sync_data()
    }

    fn cut(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.len)?;
        self.file.sync_data()
    }

    fn end_line(&mut self, len: usize, row: T) -> std::io::Result<()> {
        self.write(b"\n")?;
        self.len += len as u64 + 1;
        self.rows.entry(row.identity().to_owned()).or_insert(row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Row;
    use std::fs;

    fn rows(count: u64) -> Vec<Row> {
        (0..count).map(Row::of).collect()
    }

    fn written(path: &Path, rows: &[Row]) -> Vec<u8> {
        let journal = Journal::create(path).unwrap();
        for row in rows {
            journal.append(row.clone()).unwrap();
        }
        fs::read(path).unwrap()
    }

    #[test]
    fn a_crash_at_any_byte_of_the_last_line_loses_that_line_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let rows = rows(3);
        let whole = written(&path, &rows);
        let kept = written(&folder.path().join("two"), &rows[..2]);
        for end in kept.len()..=whole.len() {
            fs::write(&path, &whole[..end]).unwrap();
            let (journal, torn) = Journal::<Row>::reopen(&path).unwrap();
            // Without its end of line the last row is whole; short of that it is not.
            let complete = end + 1 >= whole.len();
            let expected = if complete || end == kept.len() {
                None
            } else {
                Some(Torn { line: 3, bytes: end - kept.len() })
            };
            assert_eq!(torn, expected, "cut at byte {end}");
            assert_eq!(journal.len(), if complete { 3 } else { 2 });
            assert_eq!(fs::read(&path).unwrap(), if complete { &whole[..] } else { &kept[..] });

            if !complete {
                journal.append(rows[2].clone()).unwrap();
                assert_eq!(fs::read(&path).unwrap(), whole, "appended after a cut at byte {end}");
            }
        }
    }

    #[test]
    fn a_tail_of_zeros_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut bytes = written(&path, &rows(1));
        let whole = bytes.clone();
        bytes.extend([0; 100]);
        fs::write(&path, bytes).unwrap();
        let (journal, torn) = Journal::<Row>::reopen(&path).unwrap();
        assert_eq!((journal.len(), torn), (1, Some(Torn { line: 2, bytes: 100 })));
        assert_eq!(fs::read(&path).unwrap(), whole);
    }

    #[test]
    fn a_broken_line_before_the_last_is_an_error_and_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let mut bytes = written(&path, &rows(2));
        bytes[0] = b'[';
        fs::write(&path, &bytes).unwrap();
        let message = Journal::<Row>::reopen(&path).unwrap_err().to_string();
        assert!(message.contains("results.jsonl: line 1 is not a row of results"), "{message}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn threads_append_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let journal = Journal::create(&path).unwrap();
        let rows = rows(24);
        std::thread::scope(|scope| {
            for part in rows.chunks(6) {
                scope.spawn(|| part.iter().for_each(|row| journal.append(row.clone()).unwrap()));
            }
        });
        let (reopened, torn) = Journal::<Row>::reopen(&path).unwrap();
        assert_eq!((reopened.len(), torn), (24, None));
    }

    #[test]
    fn a_trial_has_one_row() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::create(&folder.path().join("results.jsonl")).unwrap();
        let row = rows(1).remove(0);
        journal.append(row.clone()).unwrap();
        assert!(matches!(journal.append(row), Err(Error::RepeatedRow { .. })));
    }

    /// Linux answers every write to `/dev/full` as a full disk does.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_and_no_row() {
        let path = Path::new("/dev/full");
        let file = OpenOptions::new().append(true).open(path).unwrap();
        let journal = Journal::<Row>::with(path, State { file, len: 0, rows: HashMap::new() });
        assert!(matches!(journal.append(rows(1).remove(0)), Err(Error::Io { .. })));
        assert!(journal.is_empty());
    }
}
