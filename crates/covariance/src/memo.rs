//! Values that a shared object makes once for all who use it.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// Values by key. Whoever asks first makes one, and no lock is held meanwhile.
///
/// A maker may therefore share its work among the threads of a pool: a thread that waits there takes up
/// other work, and that may ask for the same key. Two who ask at the same time both make the value; what
/// is kept first, both get.
#[derive(Debug)]
pub struct Memo<K, V> {
    limit: usize,
    entries: Mutex<Entries<K, V>>,
}

#[derive(Debug)]
struct Entries<K, V> {
    values: HashMap<K, V>,
    /// The keys, oldest first.
    order: VecDeque<K>,
}

impl<K, V> Default for Memo<K, V> {
    /// Keeps every value.
    fn default() -> Self {
        Self::keeping(usize::MAX)
    }
}

impl<K, V> Memo<K, V> {
    /// Keeps at most `limit` values, at least one: the oldest gives way.
    pub fn keeping(limit: usize) -> Self {
        let entries = Entries { values: HashMap::new(), order: VecDeque::new() };
        Self { limit: limit.max(1), entries: Mutex::new(entries) }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Memo<K, V> {
    /// The value of a key, from `make` where there is none.
    ///
    /// # Errors
    /// That of `make`; nothing is kept then.
    pub fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        let known = self.entries.lock().unwrap_or_else(PoisonError::into_inner).values.get(&key).cloned();
        if let Some(value) = known {
            return Ok(value);
        }
        let made = make()?;
        let mut guard = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let Entries { values, order } = &mut *guard;
        if let Some(first) = values.get(&key) {
            return Ok(first.clone());
        }
        if values.len() >= self.limit
            && let Some(oldest) = order.pop_front()
        {
            values.remove(&oldest);
        }
        order.push_back(key.clone());
        values.insert(key, made.clone());
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_value_is_made_once_and_a_fault_is_not_kept() {
        let (memo, calls) = (Memo::default(), AtomicUsize::new(0));
        let make = || Ok::<_, &str>(calls.fetch_add(1, Ordering::Relaxed));
        assert_eq!(memo.get("a", || Err("no disk")), Err("no disk"));
        assert_eq!([memo.get("a", make), memo.get("b", make), memo.get("a", make)], [Ok(0), Ok(1), Ok(0)]);
    }

    #[test]
    fn the_oldest_gives_way() {
        let (memo, calls) = (Memo::keeping(2), AtomicUsize::new(0));
        let get = |key| memo.get(key, || Ok::<_, Infallible>(calls.fetch_add(1, Ordering::Relaxed))).unwrap();
        assert_eq!([get(1), get(2), get(1), get(3), get(2), get(1)], [0, 1, 0, 2, 1, 3]);
    }

    /// Whoever makes a value may meet another who asks for it, on the same thread too: both get one.
    #[test]
    fn makers_that_meet_share_what_is_kept_first() {
        let memo: Memo<u8, Arc<usize>> = Memo::default();
        let get = |value| memo.get(0, || Ok::<_, Infallible>(Arc::new(value))).unwrap();
        let outer = memo.get(0, || {
            assert_eq!(*get(7), 7);
            Ok::<_, Infallible>(Arc::new(8))
        });
        assert!(Arc::ptr_eq(&outer.unwrap(), &get(9)) && *get(9) == 7);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
        let shared: Memo<u8, Arc<usize>> = Memo::default();
        let of = |value: usize| {
            let make = || Ok::<_, Infallible>(Arc::new((0..999).into_par_iter().sum::<usize>() + value));
            shared.get(0, make).unwrap()
        };
        let all: Vec<Arc<usize>> = pool.install(|| (0..64).into_par_iter().map(of).collect());
        assert!(all.iter().all(|one| Arc::ptr_eq(one, &all[0])));
    }
}
