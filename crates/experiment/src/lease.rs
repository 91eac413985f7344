//! Which process has a folder or a file: one at a time, without locks of the file system, which NFS and Lustre may lack.
//!
//! A lease is a file `lease.N` that names its process. It appears whole, under a name that nobody has, by a hard link;
//! whoever takes a folder over from a process that died takes the next number, so that of two who try one succeeds.
//! Its time of change is a sign of life, renewed every ten seconds; signs are compared with the time that the same file
//! system gives a file written now, as clocks of two machines differ. A second line says what the process is doing.

mod place;
mod process;
mod taking;
mod word;

use crate::{Error, Result, rfc3339};
pub(crate) use place::is_lease;
use place::{Found, Place};
pub use process::host;
use process::{Life, Process};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
pub use word::Word;

/// From one sign of life to the next.
const BEAT: Duration = Duration::from_secs(10);

/// A process of another machine that gave no sign for longer than this has ended.
const SILENCE: Duration = Duration::from_secs(120);

/// The lease of a folder or of a file, which ends when it is dropped.
#[derive(Debug)]
pub struct Lease {
    held: Arc<Held>,
    ended: Vec<Holder>,
    beats: Option<(Sender<()>, JoinHandle<()>)>,
}

/// A process that has, or had, a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holder {
    #[serde(flatten)]
    process: Process,
    /// What tells this lease from every other, of this process too.
    #[serde(default)]
    token: String,
    /// When it took the folder, RFC 3339.
    since: String,
    /// Whether others may work there too.
    #[serde(default)]
    shared: bool,
    /// Since its last sign of life; as it is found, not as it is written.
    #[serde(skip)]
    silence: Duration,
    /// What it is doing.
    #[serde(skip)]
    word: Option<Word>,
}

/// What is known of a process that took a folder and did not give it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is seen here, or gave a sign of life elsewhere.
    Runs,
    /// It is on another machine and gave no sign for two minutes: another may take the folder.
    Silent,
    /// It was on this machine and is no more.
    Gone,
}

/// What says in the lease how far the work is, from any thread.
#[derive(Clone, Debug)]
pub struct Voice(Arc<Held>);

/// The file of a lease.
#[derive(Debug)]
struct Held {
    place: Place,
    number: u64,
    path: PathBuf,
    /// Whose it is: the first line, which never changes.
    head: Vec<u8>,
    shared: bool,
    word: Mutex<Option<Word>>,
    lost: AtomicBool,
    /// The last sign of life, in seconds since 1970.
    sign: AtomicU64,
}

impl Lease {
    /// Takes the lease of a folder that exists; those of processes that died are removed.
    ///
    /// # Errors
    /// [`Error::Leased`] where another process has it; if the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self> {
        Self::of(Place::of(folder), false)
    }

    /// Takes the lease of a file that is to be written, which need not be there: other files of its folder are free.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub fn take_file(file: &Path) -> Result<Self> {
        Self::of(Place::of_file(file), false)
    }

    /// Takes a folder together with others that do the same; those that [`take`](Self::take) it are kept out.
    ///
    /// # Errors
    /// As for [`take`](Self::take).
    pub fn share(folder: &Path) -> Result<Self> {
        Self::of(Place::of(folder), true)
    }

    fn of(place: Place, shared: bool) -> Result<Self> {
        let (process, since) = (Process::here(), rfc3339(SystemTime::now()));
        let (token, silence) = (process.token(), Duration::ZERO);
        let holder = Holder { token, process, since, shared, silence, word: None };
        let mut head =
            serde_json::to_vec(&holder).map_err(|source| Error::Encode { what: "lease", source })?;
        head.push(b'\n');
        let (number, ended) = taking::take(&place, &holder, &[&head[..], &Word::line(None)].concat())?;
        let (lost, sign) = (AtomicBool::new(false), AtomicU64::new(now()));
        let (path, word) = (place.lease(number), Mutex::new(None));
        let held = Held { place, number, path, head, shared, word, lost, sign };
        Self::keep(Arc::new(held), ended)
    }

    fn keep(held: Arc<Held>, ended: Vec<Holder>) -> Result<Self> {
        let (stop, stopped) = channel();
        let own = Arc::clone(&held);
        let thread = std::thread::Builder::new().name("lease".into()).spawn(move || own.beat(&stopped));
        let thread = thread.map_err(|source| {
            held.give_back();
            Error::io("keep", &held.path)(source)
        })?;
        Ok(Self { held, ended, beats: Some((stop, thread)) })
    }

    /// The processes that had the folder and died without giving it back.
    pub fn ended(&self) -> &[Holder] {
        &self.ended
    }

    /// What says how far the work is.
    pub fn voice(&self) -> Voice {
        Voice(Arc::clone(&self.held))
    }

    /// Whether this process still has the folder.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] where another process took it, or somebody removed the file: this one was silent for too
    /// long, asleep or cut off from the file system.
    pub fn check(&self) -> Result<()> {
        let held = &self.held;
        if now().saturating_sub(held.sign.load(Ordering::Relaxed)) > SILENCE.as_secs() / 2 {
            held.renew();
        }
        if held.lost.load(Ordering::Relaxed) {
            return Err(Error::LeaseLost { lease: held.path.clone() });
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.beats.take() {
            drop(stop);
            // It panics nowhere, and a drop has nobody to tell.
            let _ = thread.join();
        }
        self.held.give_back();
    }
}

impl Voice {
    /// Says it, which is a sign of life too. A word that cannot be written stops no work.
    pub fn say(&self, word: Word) {
        *self.0.word() = Some(word);
        self.0.renew();
    }
}

impl Held {
    fn beat(&self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
            self.renew();
        }
    }

    /// Gives a sign of life, unless the folder is another's.
    fn renew(&self) {
        let word = self.word();
        let Ok(numbers) = self.place.numbers() else { return };
        if !(self.shared || numbers.last() == Some(&self.number)) || !self.is_own() {
            self.lost.store(true, Ordering::Relaxed);
            return;
        }
        // In the same place, and as long as before: whoever reads meanwhile reads whose it is.
        let bytes = [&self.head[..], &Word::line(word.as_ref())].concat();
        let written = OpenOptions::new().write(true).open(&self.path).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()
        });
        if written.is_ok() {
            self.sign.store(now(), Ordering::Relaxed);
        }
    }

    fn is_own(&self) -> bool {
        fs::read(&self.path).is_ok_and(|bytes| bytes.starts_with(&self.head))
    }

    /// Whoever writes the file holds it.
    fn word(&self) -> MutexGuard<'_, Option<Word>> {
        self.word.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self) {
        let _writes = self.word();
        if self.is_own() {
            // Where it stays, the next one finds its process ended.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} since {}, last sign of life {} s ago", self.process, self.since, self.silence.as_secs())
    }
}

/// Who took a folder and did not give it back, alone or with others; without writing to it, so that the age of a sign
/// of another machine follows the clocks of both.
///
/// # Errors
/// If the folder cannot be read.
pub fn holders(folder: &Path) -> Result<Vec<Holder>> {
    let found = Place::of(folder).found(SystemTime::now()).map_err(Error::io("read", folder))?;
    Ok(found.into_iter().map(|Found { holder, .. }| holder).collect())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Holder {
    /// The name of its machine.
    pub fn host(&self) -> &str {
        self.process.host()
    }

    /// Its number there.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// When it took the folder, RFC 3339.
    pub fn since(&self) -> &str {
        &self.since
    }

    /// Since its last sign of life.
    pub fn silence(&self) -> Duration {
        self.silence
    }

    /// What it said last of its work.
    pub fn word(&self) -> Option<&Word> {
        self.word.as_ref()
    }

    /// Whether it still works there, as far as this machine can tell.
    pub fn standing(&self) -> Standing {
        self.seen_by(&Process::here())
    }

    fn seen_by(&self, here: &Process) -> Standing {
        match self.process.life(here) {
            Life::Ended => Standing::Gone,
            Life::Elsewhere if self.silence > SILENCE => Standing::Silent,
            Life::Runs | Life::Elsewhere => Standing::Runs,
        }
    }

    /// Whether it has died: seen where it ran on this machine, told by its silence elsewhere.
    fn has_ended(&self, here: &Process) -> bool {
        self.seen_by(here) != Standing::Runs
    }
}

#[cfg(test)]
mod tests;
