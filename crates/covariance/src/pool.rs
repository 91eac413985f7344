//! Buffers that a shared object lends to the threads that use it.

use std::sync::{Mutex, PoisonError};

/// A stack of reusable buffers. Borrowing makes a new one only when all are in use.
#[derive(Debug)]
pub struct Pool<T> {
    free: Mutex<Vec<T>>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { free: Mutex::new(Vec::new()) }
    }
}

impl<T> Pool<T> {
    /// Runs `work` with a buffer from the pool, or with a new one from `make`.
    pub fn with<O>(&self, make: impl FnOnce() -> T, work: impl FnOnce(&mut T) -> O) -> O {
        let taken = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = taken.unwrap_or_else(make);
        let out = work(&mut buffer);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        out
    }
}
