//! Bringing what was written to the disk, by a thread of its own: no row waits for it, and none waits long.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// From one synchronisation to the next: with the time that one takes, a row is on the disk within a second.
const INTERVAL: Duration = Duration::from_millis(500);

/// Synchronises a file soon after each note that it was written to, at most twice a second.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    written: bool,
    closed: bool,
    /// The system may have dropped what it could not write: after a fault nothing is known to be on the disk.
    fault: Option<(io::ErrorKind, String)>,
}

impl Keeper {
    /// # Errors
    /// If the system refuses a thread.
    pub(super) fn of(file: Arc<File>) -> io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || own.keep(&file))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The file was written to.
    ///
    /// # Errors
    /// If it could not be synchronised before.
    pub(super) fn written(&self) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.written = true;
        self.shared.changed.notify_one();
        state.sound()
    }

    /// Synchronises at once.
    ///
    /// # Errors
    /// If the file cannot be synchronised, or could not be before.
    pub(super) fn sync(&self, file: &File) -> io::Result<()> {
        self.shared.lock().sound()?;
        let synced = file.sync_data();
        let mut state = self.shared.lock();
        match synced {
            Ok(()) => state.written = false,
            Err(fault) => state.fail(&fault),
        }
        state.sound()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It panics nowhere, and a drop has nobody to tell.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn keep(&self, file: &File) {
        let mut state = self.lock();
        loop {
            if state.written && state.fault.is_none() {
                state.written = false;
                drop(state);
                let synced = file.sync_data();
                state = self.lock();
                if let Err(fault) = synced {
                    state.fail(&fault);
                }
                let closed = |state: &mut State| !state.closed;
                let waited = self.changed.wait_timeout_while(state, INTERVAL, closed);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            } else if state.closed {
                return;
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Nothing in it is ever half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fail(&mut self, fault: &io::Error) {
        self.fault.get_or_insert((fault.kind(), fault.to_string()));
    }

    fn sound(&self) -> io::Result<()> {
        match &self.fault {
            None => Ok(()),
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
        }
    }
}
