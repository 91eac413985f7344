//! What the last few calls found at their x_t, so that a vjp need not repeat the denoise before it.

use equipoise_field::Real;
use equipoise_schedule::Level;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Entries kept: members that run side by side.
const KEPT: usize = 16;

/// Results by level and x_t, to the bit; the oldest gives way.
#[derive(Debug)]
pub(crate) struct Recent<R, V> {
    entries: Mutex<VecDeque<Entry<R, V>>>,
}

#[derive(Debug)]
struct Entry<R, V> {
    level: [u64; 2],
    x_t: Vec<R>,
    value: Arc<V>,
}

impl<R, V> Default for Recent<R, V> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<R: Real, V> Recent<R, V> {
    /// The value at (x_t, level), made when it is not there.
    pub(crate) fn get<E>(
        &self,
        x_t: &[R],
        level: Level,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        let level = [level.mu.to_bits(), level.sigma.to_bits()];
        let same = |a: &[R]| a.iter().zip(x_t).all(|(a, b)| a.wide().to_bits() == b.wide().to_bits());
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = entries.iter().find(|e| e.level == level && same(&e.x_t)) {
            return Ok(Arc::clone(&kept.value));
        }
        drop(entries);
        let value = Arc::new(make()?);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.truncate(KEPT - 1);
        entries.push_front(Entry { level, x_t: x_t.to_vec(), value: Arc::clone(&value) });
        Ok(value)
    }
}
