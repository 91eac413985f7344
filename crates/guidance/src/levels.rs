//! What a method needs at each noise level of a run, made beforehand.

use crate::GuidanceError;
use equipoise_schedule::Level;
use rayon::prelude::*;
use std::collections::HashMap;

/// One value for each noise level; shared by all members, seeds and laws of a problem.
#[derive(Clone, Debug)]
pub struct LevelTable<T> {
    what: &'static str,
    entries: HashMap<[u64; 2], T>,
}

fn key(level: Level) -> [u64; 2] {
    [level.mu.to_bits(), level.sigma.to_bits()]
}

impl<T: Send> LevelTable<T> {
    /// Makes the values in parallel; `what` names them in errors.
    ///
    /// # Errors
    /// The first error of `make`.
    pub fn build<E: Send>(
        what: &'static str,
        levels: &[Level],
        make: impl Fn(Level) -> Result<T, E> + Sync,
    ) -> Result<Self, E> {
        let mut distinct: Vec<Level> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        distinct.extend(levels.iter().copied().filter(|l| seen.insert(key(*l))));
        let entries = distinct.into_par_iter().map(|l| Ok((key(l), make(l)?))).collect::<Result<_, E>>()?;
        Ok(Self { what, entries })
    }

    /// The value at a level.
    ///
    /// # Errors
    /// [`GuidanceError::Unprepared`] when the level was not among those given.
    pub fn get(&self, level: Level) -> Result<&T, GuidanceError> {
        let missing = GuidanceError::Unprepared { what: self.what, mu: level.mu, sigma: level.sigma };
        self.entries.get(&key(level)).ok_or(missing)
    }
}
