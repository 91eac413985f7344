//! Which process has a folder: one at a time, without locks of the file system, which NFS and Lustre may lack.
//!
//! A lease is a file `lease.N` that names its process. It appears whole, under a name that nobody has, by a hard link;
//! whoever takes a folder over from a process that died takes the next number, so that of two who try one succeeds.
//! Its time of change is a sign of life, renewed every ten seconds; signs are compared with the time that the same file
//! system gives a file written now, as clocks of two machines differ.

mod process;

use crate::{Error, Result, rfc3339};
use process::{Life, Process};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, mpsc::Receiver};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How the names of leases begin.
const NAME: &str = "lease.";

/// From one sign of life to the next.
const BEAT: Duration = Duration::from_secs(10);

/// A process of another machine that gave no sign for longer than this has ended.
const SILENCE: Duration = Duration::from_secs(120);

/// How often a lease is tried for that another process began to take at the same time.
const ATTEMPTS: u32 = 5;

/// The lease of a folder, which ends when it is dropped.
#[derive(Debug)]
pub struct Lease {
    held: Arc<Held>,
    ended: Vec<Holder>,
    beats: Option<(Sender<()>, JoinHandle<()>)>,
}

/// A process that has, or had, a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    #[serde(flatten)]
    process: Process,
    /// What tells this lease from every other, of this process too.
    #[serde(default)]
    token: String,
    /// When it took the folder, RFC 3339.
    since: String,
    /// Since its last sign of life; as it is found, not as it is written.
    #[serde(skip)]
    silence: Duration,
}

/// The file of a lease.
#[derive(Debug)]
struct Held {
    path: PathBuf,
    number: u64,
    bytes: Vec<u8>,
    lost: AtomicBool,
    /// The last sign of life, in seconds since 1970.
    sign: AtomicU64,
}

/// A lease that stands in a folder.
struct Found {
    path: PathBuf,
    number: u64,
    holder: Holder,
}

impl Lease {
    /// Takes the lease of a folder that exists; those of processes that died are removed.
    ///
    /// # Errors
    /// [`Error::Leased`] where another process has it; if the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self> {
        let (process, since) = (Process::here(), rfc3339(SystemTime::now()));
        let holder = Holder { token: process.token(), process, since, silence: Duration::ZERO };
        let bytes = serde_json::to_vec(&holder).map_err(|source| Error::Encode { what: "lease", source })?;
        let beside = folder.join(format!("{NAME}{}.partial", holder.token));
        let taken = (1..=ATTEMPTS).find_map(|attempt| {
            let tried = attempt_once(folder, &beside, &bytes).transpose();
            if tried.is_none() {
                std::thread::sleep(Duration::from_millis(
                    u64::from(std::process::id() % 7 + 1) * u64::from(attempt),
                ));
            }
            tried
        });
        // It has its name by now, or none.
        let _ = fs::remove_file(&beside);
        let (number, ended) = taken.unwrap_or_else(|| Err(Error::Contended { folder: folder.to_owned() }))?;
        let path = folder.join(format!("{NAME}{number}"));
        let held = Held { path, number, bytes, lost: AtomicBool::new(false), sign: AtomicU64::new(now()) };
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

impl Held {
    fn beat(&self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
            self.renew();
        }
    }

    /// Gives a sign of life, unless the folder is another's.
    fn renew(&self) {
        let Some(folder) = self.path.parent() else { return };
        let Ok(leases) = numbers(folder) else { return };
        let newest = leases.iter().map(|(number, _)| *number).max();
        if newest != Some(self.number) || !self.is_own() {
            self.lost.store(true, Ordering::Relaxed);
            return;
        }
        // The same bytes in the same place: whoever reads meanwhile reads them.
        let written = OpenOptions::new().write(true).open(&self.path).and_then(|mut file| {
            file.write_all(&self.bytes)?;
            file.sync_all()
        });
        if written.is_ok() {
            self.sign.store(now(), Ordering::Relaxed);
        }
    }

    fn is_own(&self) -> bool {
        fs::read(&self.path).is_ok_and(|bytes| bytes == self.bytes)
    }

    fn give_back(&self) {
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

/// Whether a file of this name belongs to leases, and not to the results of a run.
pub(crate) fn is_lease(name: &str) -> bool {
    name.strip_prefix(NAME).is_some_and(|rest| {
        rest.ends_with(".partial") || (!rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Who has a folder now, if anyone does; without writing to it, so that the age of a sign of another machine follows
/// the clocks of both.
///
/// # Errors
/// If the folder cannot be read.
pub fn holder(folder: &Path) -> Result<Option<Holder>> {
    let found = found(folder, SystemTime::now()).map_err(Error::io("read", folder))?;
    let here = Process::here();
    Ok(found.into_iter().map(|found| found.holder).find(|holder| !holder.has_ended(&here)))
}

/// The number under which the folder was taken, and who had it before; `None` where another tries at the same time.
fn attempt_once(folder: &Path, beside: &Path, bytes: &[u8]) -> Result<Option<(u64, Vec<Holder>)>> {
    let fault = |action| Error::io(action, beside);
    let moment = written_now(beside, bytes).map_err(fault("create"))?;
    let before = found(folder, moment).map_err(Error::io("read", folder))?;
    let here = Process::here();
    if let Some(Found { path, holder, .. }) = before.iter().find(|found| !found.holder.has_ended(&here)) {
        return Err(Error::Leased { lease: path.clone(), holder: Box::new(holder.clone()) });
    }
    let number = 1 + before.iter().map(|found| found.number).max().unwrap_or(0);
    let own = folder.join(format!("{NAME}{number}"));
    if !named(beside, &own, bytes).map_err(Error::io("create", &own))? {
        return Ok(None);
    }
    let known = |path: &PathBuf| *path == own || before.iter().any(|found| found.path == *path);
    if numbers(folder).map_err(Error::io("read", folder))?.iter().any(|(_, path)| !known(path)) {
        fs::remove_file(&own).map_err(Error::io("remove", &own))?;
        return Ok(None);
    }
    for Found { path, .. } in &before {
        match fs::remove_file(path) {
            Err(fault) if fault.kind() != ErrorKind::NotFound => {
                let _ = fs::remove_file(&own);
                return Err(Error::io("remove", path)(fault));
            }
            _ => {}
        }
    }
    Ok(Some((number, before.into_iter().map(|found| found.holder).collect())))
}

/// Writes a file, and says which time its file system gave it.
fn written_now(path: &Path, bytes: &[u8]) -> io::Result<SystemTime> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    file.metadata()?.modified()
}

/// Gives a file a name that nobody has; `false` where somebody has it.
fn named(beside: &Path, own: &Path, bytes: &[u8]) -> io::Result<bool> {
    let linked = fs::hard_link(beside, own);
    match linked {
        Ok(()) => Ok(true),
        Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {
            // A server that repeats a request which it has met answers so as well.
            Ok(fs::read(own).is_ok_and(|found| found == bytes))
        }
        // Where there are no hard links: a name that is new, and bytes a moment later.
        Err(_) => match OpenOptions::new().write(true).create_new(true).open(own) {
            Err(fault) if fault.kind() == ErrorKind::AlreadyExists => Ok(false),
            file => file?.write_all(bytes).map(|()| true),
        },
    }
}

/// The leases of a folder, as their processes left them at `moment`.
fn found(folder: &Path, moment: SystemTime) -> io::Result<Vec<Found>> {
    let mut all = Vec::new();
    for (number, path) in numbers(folder)? {
        let read = fs::metadata(&path).and_then(|file| Ok((file.modified()?, fs::read(&path)?)));
        match read {
            Ok((sign, bytes)) => {
                let mut holder: Holder = serde_json::from_slice(&bytes).unwrap_or_else(|_| Holder::unknown());
                holder.silence = moment.duration_since(sign).unwrap_or_default();
                all.push(Found { path, number, holder });
            }
            // It was given back meanwhile.
            Err(fault) if fault.kind() == ErrorKind::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(all)
}

fn numbers(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix(NAME)?.parse().ok());
        all.extend(number.map(|number: u64| (number, entry.path())));
    }
    Ok(all)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Holder {
    fn unknown() -> Self {
        let (process, since) = (Process::unknown(), "an unknown time".into());
        Self { process, token: String::new(), since, silence: Duration::ZERO }
    }

    /// Whether it has died: seen where it ran on this machine, told by its silence elsewhere.
    fn has_ended(&self, here: &Process) -> bool {
        match self.process.life(here) {
            Life::Ended => true,
            Life::Runs => false,
            Life::Elsewhere => self.silence > SILENCE,
        }
    }
}

#[cfg(test)]
mod tests;
