//! The states of long runs on disk, from which the same command goes on.
//!
//! One file a member, `state-MEMBER.h5` in the folder of the results: x after a step, what the run passed through, and
//! an identity, everything that decides the bits of a run. It is written under another name and renamed, and holds a
//! checksum of its numbers. All are removed when the results stand there.

use crate::{ReconstructionError, Result};
use equipoise_data::DataError;
use equipoise_data::store::{Existing, Reader, Writer};
use equipoise_sampler::{Kept, Reached, Trace};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the names of the files begin with.
const STATE: &str = "state-";

/// Where states are kept, how often, and of which run.
#[derive(Clone, Debug)]
pub struct Keeping {
    folder: PathBuf,
    every: Duration,
    identity: Vec<(String, String)>,
}

/// A state that was found in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The member.
    pub member: u64,
    /// Steps behind it.
    pub done: usize,
}

impl Keeping {
    /// In a folder that need not be there yet, after a step that ends at least `every` after the last that was kept.
    /// `identity` names everything that decides the bits of a run, with its value.
    pub fn new(folder: &Path, every: Duration, identity: Vec<(String, String)>) -> Self {
        Self { folder: folder.into(), every, identity }
    }

    /// The states of this run in the folder, by member.
    ///
    /// # Errors
    /// [`ReconstructionError::State`] for that of another run, and for one that is not whole.
    pub fn begun(&self) -> Result<Vec<Begun>> {
        let mut all = Vec::new();
        for (path, member) in self.states() {
            let len = Reader::open(&path)?.shape("x")?.iter().product();
            if let Some(kept) = self.load(member, len)? {
                all.push(Begun { member, done: kept.done });
            }
        }
        all.sort_by_key(|begun| begun.member);
        Ok(all)
    }

    /// Removes the states in the folder, of whatever run, and what is left of unfinished ones.
    ///
    /// # Errors
    /// [`ReconstructionError::Data`] naming the file that cannot be removed.
    pub fn clear(&self) -> Result<()> {
        let left = self.files(|name| name.starts_with(&format!(".{STATE}")) && name.ends_with(".partial"));
        for path in left.into_iter().chain(self.states().into_iter().map(|(path, _)| path)) {
            fs::remove_file(&path).map_err(|source| DataError::Unreadable { path: path.clone(), source })?;
        }
        Ok(())
    }

    /// The state of a member of `len` numbers, if one is kept.
    ///
    /// # Errors
    /// As [`begun`](Self::begun).
    pub(crate) fn load(&self, member: u64, len: usize) -> Result<Option<Kept<f32>>> {
        let path = self.path(member);
        if !path.exists() {
            return Ok(None);
        }
        let reader = Reader::open(&path)?;
        self.check(&path, &reader)?;
        let (x, trace) = (reader.read_shaped::<f32>("x", &[len])?, reader.read::<f64>("trace")?.values);
        let (found, expected) = (checksum(&x, &trace), reader.text("checksum")?);
        let damaged = |found: String, expected| {
            let (path, field, why) = (path.clone(), "checksum".to_owned(), "a damaged state");
            ReconstructionError::State { path, field, found, expected, why }
        };
        if found != expected {
            return Err(damaged(found, expected));
        }
        let Some((done, trace)) =
            trace.split_first().and_then(|(done, t)| Some((done, Trace::of_numbers(t)?)))
        else {
            return Err(damaged("another layout".into(), expected));
        };
        Ok(Some(Kept { done: *done as usize, x, trace }))
    }

    /// Keeps a state in the place of the one before.
    fn save(&self, member: u64, reached: Reached<'_, f32>) -> Result<()> {
        let Reached { done, x, trace, .. } = reached;
        let _within = tracing::info_span!("checkpoint", member, done).entered();
        let path = self.path(member);
        fs::create_dir_all(&self.folder)
            .map_err(|source| DataError::Unreadable { path: self.folder.clone(), source })?;
        let numbers: Vec<f64> = std::iter::once(done as f64).chain(trace.numbers()).collect();
        let writer = Writer::create(&path, Existing::Replace)?;
        writer.set_json("identity", &self.identity)?;
        writer.set_text("checksum", &checksum(x, &numbers))?;
        writer.write("trace", &[numbers.len()], &numbers)?;
        writer.write("x", &[x.len()], x)?;
        Ok(writer.finish()?)
    }

    fn check(&self, path: &Path, reader: &Reader) -> Result<()> {
        let there: Vec<(String, String)> = reader.json("identity")?;
        let of = |all: &[(String, String)], name: &str| {
            all.iter()
                .find(|(known, _)| known == name)
                .map_or_else(|| "nothing".into(), |(_, value)| value.clone())
        };
        let names = self.identity.iter().chain(&there).map(|(name, _)| name);
        for name in names {
            let (found, expected) = (of(&there, name), of(&self.identity, name));
            if found != expected {
                let (path, field, why) = (path.into(), name.clone(), "another run was begun in this folder");
                return Err(ReconstructionError::State { path, field, found, expected, why });
            }
        }
        Ok(())
    }

    fn path(&self, member: u64) -> PathBuf {
        self.folder.join(format!("{STATE}{member:05}.h5"))
    }

    fn states(&self) -> Vec<(PathBuf, u64)> {
        let of = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.strip_prefix(STATE)?.strip_suffix(".h5")?.to_owned();
            Some((path, name.parse().ok()?))
        };
        self.files(|name| name.starts_with(STATE)).into_iter().filter_map(of).collect()
    }

    fn files(&self, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.filter(|path| path.file_name().and_then(|n| n.to_str()).is_some_and(&wanted)).collect()
    }
}

/// One member under way, whose states are kept.
pub(crate) struct Keeper<'a> {
    keeping: Option<&'a Keeping>,
    member: u64,
    last: Instant,
    /// What kept a state from being written.
    pub(crate) fault: Option<ReconstructionError>,
}

impl<'a> Keeper<'a> {
    pub(crate) fn new(keeping: Option<&'a Keeping>, member: u64) -> Self {
        Self { keeping, member, last: Instant::now(), fault: None }
    }

    /// Keeps a state where it is time, or the run is to stop there; whether it goes on.
    pub(crate) fn between(&mut self, reached: Reached<'_, f32>, go_on: bool) -> bool {
        let Some(keeping) = self.keeping else { return go_on };
        if go_on && self.last.elapsed() < keeping.every {
            return true;
        }
        self.fault = keeping.save(self.member, reached).err();
        self.last = Instant::now();
        go_on && self.fault.is_none()
    }

    /// Keeps the end of a member, while others are still to be drawn.
    pub(crate) fn ended(&self, done: usize, x: &[f32], trace: &Trace) -> Result<()> {
        let reached = Reached { done, steps: done, x, trace };
        self.keeping.map_or(Ok(()), |keeping| keeping.save(self.member, reached))
    }
}

fn checksum(x: &[f32], numbers: &[f64]) -> String {
    let own = numbers.iter().map(|n| n.to_bits());
    format!("{:016x}", hashed(x.iter().map(|x| u64::from(x.to_bits())).chain(own)))
}

/// A hash of words after Fowler, Noll and Vo, 64 bits, 1a, a word in the place of a byte.
pub(crate) fn hashed(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        let mixed = (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        // The multiplication alone carries nothing from high bits to low ones.
        mixed ^ (mixed >> 32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeping(folder: &Path, seed: &str) -> Keeping {
        let identity = [("prior", "a"), ("seed", seed)].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        Keeping::new(folder, Duration::ZERO, identity)
    }

    /// What was kept is found with its bits; another run's and a damaged one are refused by what differs.
    #[test]
    fn a_state_is_that_of_its_run_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (own, x) = (keeping(folder.path(), "0"), [1.5f32, -0.0, f32::MIN_POSITIVE]);
        let trace = Trace { evaluations: 3, peak: 0.1, ..Trace::default() };
        assert_eq!((own.load(4, 3).unwrap(), own.begun().unwrap()), (None, Vec::new()));
        assert!(
            Keeper::new(Some(&own), 4).between(Reached { done: 2, steps: 9, x: &x, trace: &trace }, true)
        );
        let kept = own.load(4, 3).unwrap().unwrap();
        assert_eq!((kept.done, &kept.trace), (2, &trace));
        assert_eq!(kept.x.map_bits(), x.to_vec().map_bits());
        assert_eq!(own.begun().unwrap(), [Begun { member: 4, done: 2 }]);
        let told = |result: Result<_>| {
            let text = match result {
                Ok(_) => String::new(),
                Err(fault) => fault.to_string(),
            };
            text.replace(&folder.path().display().to_string(), "out")
        };
        let other = keeping(folder.path(), "1");
        let expected = "out/state-00004.h5, seed: found 0, expected 1: another run was begun in this folder; --force \
                        starts anew";
        assert_eq!(told(other.load(4, 3)), expected);
        assert!(other.begun().is_err());
        let path = folder.path().join("state-00004.h5");
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.windows(4).rposition(|w| w == 1.5f32.to_le_bytes()).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(
            told(own.load(4, 3)).starts_with("out/state-00004.h5, checksum: found "),
            "{}",
            told(own.load(4, 3))
        );
        fs::write(folder.path().join(".state-00004.h5.17.partial"), "").unwrap();
        own.clear().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    trait Bits {
        fn map_bits(&self) -> Vec<u32>;
    }

    impl Bits for Vec<f32> {
        fn map_bits(&self) -> Vec<u32> {
            self.iter().map(|x| x.to_bits()).collect()
        }
    }
}
