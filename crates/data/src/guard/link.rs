//! The side that asks, and the process that it asks.

use super::Guard;
use super::wire::{FAULT, Fault, GREETING, NUMBERS, Number, Place, Request, TOLD};
use crate::DataError;
use crate::location::Location;
use serde::de::DeserializeOwned;
use std::io::{BufReader, Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Bytes of an answer in words above which it is none.
const LONGEST: u64 = 1 << 28;

/// Bytes that are turned into numbers at a time.
const STEP: usize = 1 << 17;

/// Letters kept of what a process says before it ends.
const SAID: usize = 300;

/// A process that has a file open.
#[derive(Debug)]
pub(crate) struct Link {
    path: PathBuf,
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    watch: Arc<Watch>,
    /// Dropped with the link, which ends the thread that watches.
    _alive: Sender<()>,
    said: Option<JoinHandle<String>>,
}

/// What the thread that watches a process knows of it.
#[derive(Debug, Default)]
struct Watch {
    /// Whether it owes an answer.
    busy: AtomicBool,
    /// Steps of answers that came.
    steps: AtomicU64,
    /// Whether it was ended because none came.
    gave_up: AtomicBool,
    patience: Duration,
}

impl Watch {
    /// Ends a process that owes an answer and does not go on.
    fn over(&self, child: &Mutex<Child>, alive: &std::sync::mpsc::Receiver<()>) {
        let (mut seen, mut clock) = (0, Instant::now());
        while alive.recv_timeout(self.patience / 20) == Err(RecvTimeoutError::Timeout) {
            let steps = self.steps.load(Ordering::Acquire);
            if steps != seen || !self.busy.load(Ordering::Acquire) {
                (seen, clock) = (steps, Instant::now());
            } else if clock.elapsed() > self.patience {
                self.gave_up.store(true, Ordering::Release);
                // What is over already cannot be ended.
                let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
                return;
            }
        }
    }
}

impl Link {
    /// Starts a process for a file.
    ///
    /// # Errors
    /// [`DataError::Ended`].
    pub(super) fn start(guard: Guard, path: &Path) -> std::result::Result<Self, DataError> {
        let failed = |source: Error| DataError::Ended {
            path: path.into(),
            how: format!("no process could be started for the {} library ({source})", library(path)).into(),
            action: "opening it".into(),
            said: "".into(),
        };
        let mut command = (guard.start)();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for whoever asks.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(failed)?;
        let gone = || failed(ErrorKind::BrokenPipe.into());
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or_else(gone)?);
        let stderr = child.stderr.take().ok_or_else(gone)?;
        let said = std::thread::spawn(|| last_words(stderr));
        let (child, (alive, over)) = (Arc::new(Mutex::new(child)), channel());
        let watch = Arc::new(Watch { patience: guard.patience, ..Watch::default() });
        let (watched, of) = (Arc::clone(&watch), Arc::clone(&child));
        std::thread::spawn(move || watched.over(&of, &over));
        let path = path.to_path_buf();
        let mut link = Self { path, child, input, output, watch, _alive: alive, said: Some(said) };
        let greeted = link.owed(Self::greeting);
        greeted.map_err(|_| link.ended("opening it"))?;
        Ok(link)
    }

    pub(super) fn place(path: &Path) -> Place {
        Place::of(path)
    }

    /// Asks for what is told in words.
    ///
    /// # Errors
    /// That of the file, or [`DataError::Ended`] while `action`.
    pub(crate) fn ask<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        action: &str,
    ) -> std::result::Result<T, DataError> {
        let told = self.send(request).and_then(|()| self.owed(Self::told));
        match told {
            Ok(Ok(json)) => serde_json::from_slice(&json).map_err(|_| self.ended(action)),
            Ok(Err(fault)) => Err(fault.error(&self.path)),
            Err(_) => Err(self.ended(action)),
        }
    }

    /// Asks for numbers in parts, each a request and how many there are; while one comes the next is made.
    ///
    /// # Errors
    /// As [`ask`](Self::ask).
    pub(super) fn numbers<E: Number>(
        &mut self,
        parts: &[(Request, usize)],
        action: &str,
    ) -> std::result::Result<Vec<E>, DataError> {
        let mut values = Vec::with_capacity(parts.iter().map(|(_, count)| count).sum());
        let mut asked = 0;
        for (at, (_, count)) in parts.iter().enumerate() {
            while asked < parts.len().min(at + 2) {
                self.send(&parts[asked].0).map_err(|_| self.ended(action))?;
                asked += 1;
            }
            match self.owed(|link| link.taken(*count, &mut values)) {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => {
                    let passed = (at + 1..asked).try_for_each(|_| self.owed(Self::passed_over));
                    passed.map_err(|_| self.ended(action))?;
                    return Err(fault.error(&self.path));
                }
                Err(_) => return Err(self.ended(action)),
            }
        }
        Ok(values)
    }

    /// Takes an answer that nobody waits for any more.
    fn passed_over(&mut self) -> Result<()> {
        let (_, length) = self.head()?;
        let taken = std::io::copy(&mut (&mut self.output).take(length), &mut std::io::sink())?;
        if taken == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
    }

    fn send(&mut self, request: &Request) -> Result<()> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.input.write_all(&line)
    }

    /// Waits for an answer, watched.
    fn owed<T>(&mut self, wait: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.watch.busy.store(true, Ordering::Release);
        let answer = wait(self);
        self.watch.busy.store(false, Ordering::Release);
        answer
    }

    /// Reads on to the end of the greeting.
    fn greeting(&mut self) -> Result<()> {
        let (mut last, mut one) = (Vec::new(), [0]);
        while !last.ends_with(GREETING) {
            self.output.read_exact(&mut one)?;
            last.push(one[0]);
        }
        Ok(())
    }

    /// The letter of an answer and its length.
    fn head(&mut self) -> Result<(u8, u64)> {
        let (mut letter, mut length) = ([0], [0; 8]);
        self.output.read_exact(&mut letter)?;
        self.output.read_exact(&mut length)?;
        self.watch.steps.fetch_add(1, Ordering::Release);
        Ok((letter[0], u64::from_le_bytes(length)))
    }

    fn words(&mut self, length: u64) -> Result<Vec<u8>> {
        if length > LONGEST {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut json = vec![0; length as usize];
        self.output.read_exact(&mut json).map(|()| json)
    }

    fn told(&mut self) -> Result<std::result::Result<Vec<u8>, Fault>> {
        match self.head()? {
            (TOLD, length) => Ok(Ok(self.words(length)?)),
            (FAULT, length) => Ok(Err(serde_json::from_slice(&self.words(length)?)?)),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn taken<E: Number>(
        &mut self,
        count: usize,
        values: &mut Vec<E>,
    ) -> Result<std::result::Result<(), Fault>> {
        let mut left = size_of::<E>() * count;
        match self.head()? {
            (NUMBERS, found) if found == left as u64 => {}
            (FAULT, length) => return Ok(Err(serde_json::from_slice(&self.words(length)?)?)),
            _ => return Err(ErrorKind::InvalidData.into()),
        }
        let mut bytes = vec![0; STEP.min(left)];
        while left > 0 {
            let bytes = &mut bytes[..STEP.min(left)];
            self.output.read_exact(bytes)?;
            E::take(bytes, values);
            self.watch.steps.fetch_add(1, Ordering::Release);
            left -= bytes.len();
        }
        Ok(Ok(()))
    }

    /// What became of a process that does not answer.
    fn ended(&mut self, action: &str) -> DataError {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let gave_up = self.watch.gave_up.load(Ordering::Acquire);
        // One that answers what nobody understands is still there.
        let ended = child.try_wait().ok().flatten().or_else(|| waited(&mut child));
        let _ = child.kill();
        let status = ended.or_else(|| child.wait().ok());
        drop(child);
        let library = library(&self.path);
        let said = self.said.take().and_then(|said| said.join().ok()).unwrap_or_default();
        let how = match status {
            _ if gave_up => {
                format!("the {library} library did not go on for {:?} and was ended", self.watch.patience)
            }
            Some(status) => how(library, status),
            None => format!("the process that reads {library} was lost"),
        };
        let said = if said.is_empty() { said } else { format!(" ({said})") };
        DataError::Ended {
            path: self.path.clone(),
            how: how.into(),
            action: action.into(),
            said: said.into(),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        // It only reads: nothing is lost, and one that is over already cannot be ended.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// How a process ended that closed its output.
fn waited(child: &mut Child) -> Option<ExitStatus> {
    for _ in 0..200 {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The library that reads a file or folder.
fn library(path: &Path) -> &'static str {
    if super::is_store(&Location::of(path).file) { "Zarr" } else { "HDF5" }
}

fn how(library: &str, status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => " (illegal instruction)",
            6 => " (abort)",
            7 => " (bus error)",
            8 => " (arithmetic)",
            9 => " (killed, as where memory ran out)",
            11 => " (segmentation fault)",
            _ => "",
        };
        return format!("the {library} library ended by signal {signal}{name}");
    }
    format!("the process that reads {library} ended with {status}")
}

/// The end of what a process says on standard error, in one line.
fn last_words(mut stderr: impl Read) -> String {
    let (mut kept, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stderr.read(&mut bytes) {
        kept.extend_from_slice(&bytes[..count]);
        if kept.len() > 8 * SAID {
            kept.drain(..kept.len() - 4 * SAID);
        }
    }
    let said = String::from_utf8_lossy(&kept).split_whitespace().collect::<Vec<_>>().join(" ");
    let skip = said.chars().count().saturating_sub(SAID);
    said.chars().skip(skip).collect()
}
