//! What a method needs at each noise level of a run, made once a level.

use crate::Result;
use equipoise_field::each;
use equipoise_schedule::Level;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Levels that are kept beyond those prepared, the latest asked for first.
const ON_DEMAND: usize = 16;

type Key = [u64; 2];
type Make<T> = dyn Fn(Level) -> Result<T> + Send + Sync;

/// One value for each noise level, by the bits of μ and σ; shared by all members, seeds and laws of a
/// problem.
///
/// The levels of a known time grid are prepared beforehand, in parallel. Any other level is made when it is
/// asked for, with the bits that a prepared one has: adaptive steps and other people's samplers meet levels
/// that no grid names. Nothing is made under a lock; where two ask at the same time both make it, and the
/// one kept first is used. Of levels made on demand the latest 16 are kept.
pub struct LevelTable<T> {
    make: Box<Make<T>>,
    entries: RwLock<Entries<T>>,
}

struct Entries<T> {
    by_key: HashMap<Key, Arc<T>>,
    /// The keys of those made on demand, oldest first.
    on_demand: VecDeque<Key>,
}

fn key(level: Level) -> Key {
    [level.mu.to_bits(), level.sigma.to_bits()]
}

impl<T: Send + Sync> LevelTable<T> {
    /// An empty table of what `make` makes, which must depend on the level alone.
    pub fn new(make: impl Fn(Level) -> Result<T> + Send + Sync + 'static) -> Self {
        let entries = Entries { by_key: HashMap::new(), on_demand: VecDeque::new() };
        Self { make: Box::new(make), entries: RwLock::new(entries) }
    }

    /// The same with every one of `levels` made, on all threads.
    ///
    /// # Errors
    /// The first error of `make`, in the order of levels.
    pub fn prepared(self, levels: &[Level]) -> Result<Self> {
        self.prepare(levels)?;
        Ok(self)
    }

    /// Makes those of `levels` that are not there, on all threads, to be kept as long as the table.
    ///
    /// # Errors
    /// The first error of `make`, in the order of levels.
    pub fn prepare(&self, levels: &[Level]) -> Result<()> {
        let mut seen = HashSet::new();
        let missing = |l: &Level| seen.insert(key(*l)) && self.known(key(*l)).is_none();
        let missing: Vec<Level> = levels.iter().copied().filter(missing).collect();
        let made = each::made(missing.len(), |l| Ok((key(missing[l]), Arc::new((self.make)(missing[l])?))));
        let made = made.into_iter().collect::<Result<Vec<_>>>()?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in made {
            entries.by_key.entry(key).or_insert(value);
        }
        let prepared: HashSet<Key> = levels.iter().map(|l| key(*l)).collect();
        entries.on_demand.retain(|key| !prepared.contains(key));
        Ok(())
    }

    /// The value at a level.
    ///
    /// # Errors
    /// Those of making it, at a level that is not there yet.
    pub fn get(&self, level: Level) -> Result<Arc<T>> {
        let key = key(level);
        if let Some(known) = self.known(key) {
            return Ok(known);
        }
        let made = Arc::new((self.make)(level)?);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = entries.by_key.get(&key) {
            return Ok(Arc::clone(first));
        }
        entries.by_key.insert(key, Arc::clone(&made));
        entries.on_demand.push_back(key);
        let oldest = if entries.on_demand.len() > ON_DEMAND { entries.on_demand.pop_front() } else { None };
        // Dropped after the lock: what a level holds may be large.
        let gone = oldest.and_then(|oldest| entries.by_key.remove(&oldest));
        drop(entries);
        drop(gone);
        Ok(made)
    }

    fn known(&self, key: Key) -> Option<Arc<T>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner).by_key.get(&key).cloned()
    }
}

impl<T> fmt::Debug for LevelTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("LevelTable")
            .field("levels", &entries.by_key.len())
            .field("on_demand", &entries.on_demand.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn level(i: usize) -> Level {
        Level { mu: 1.0 / (1.0 + i as f64), sigma: 0.5 }
    }

    /// A table that counts what it makes.
    fn counted() -> (LevelTable<f64>, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let made = Arc::clone(&count);
        let table = LevelTable::new(move |level: Level| {
            made.fetch_add(1, Ordering::Relaxed);
            Ok(level.mu.ln())
        });
        (table, count)
    }

    #[test]
    fn a_level_on_demand_has_the_bits_of_a_prepared_one_and_is_made_once() {
        let (table, count) = counted();
        let levels: Vec<Level> = [0, 1, 2, 1].map(level).into();
        let table = table.prepared(&levels).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 3);
        let late = [table.get(level(7)).unwrap(), table.get(level(7)).unwrap()];
        assert_eq!(count.load(Ordering::Relaxed), 4);
        table.prepare(&[level(7), level(8)]).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), 5);
        let fresh = counted().0.prepared(&[level(7)]).unwrap();
        assert_eq!([late[0].to_bits(), late[1].to_bits()], [fresh.get(level(7)).unwrap().to_bits(); 2]);
    }

    #[test]
    fn the_oldest_on_demand_give_way_and_the_prepared_stay() {
        let (table, count) = counted();
        let table = table.prepared(&[level(0)]).unwrap();
        (1..=ON_DEMAND + 5).for_each(|i| drop(table.get(level(i)).unwrap()));
        assert_eq!(table.entries.read().unwrap().by_key.len(), 1 + ON_DEMAND);
        let so_far = count.load(Ordering::Relaxed);
        table.get(level(0)).unwrap();
        table.get(level(ON_DEMAND + 5)).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), so_far);
        table.get(level(1)).unwrap();
        assert_eq!(count.load(Ordering::Relaxed), so_far + 1);
    }
}
