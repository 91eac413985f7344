//! The folder or the file of results, which this process has alone until it ends.

use equipoise_experiment::{Lease, Voice};
use std::fs;
use std::path::{Path, PathBuf};

/// A lease, and the folders that were made for it; those that are empty when it ends are removed again.
pub(crate) struct Held {
    lease: Option<Lease>,
    /// The innermost first.
    made: Vec<PathBuf>,
}

impl Held {
    /// A folder, which is made where it is not there.
    ///
    /// # Errors
    /// Another process that has it; a folder that cannot be made.
    pub(crate) fn folder(path: &Path) -> anyhow::Result<Self> {
        Self::made(path, Lease::take)
    }

    /// A folder in which others work too that do the same.
    ///
    /// # Errors
    /// As for [`folder`](Self::folder).
    pub(crate) fn shared(path: &Path) -> anyhow::Result<Self> {
        Self::made(path, Lease::share)
    }

    /// A file, whose folder is there.
    ///
    /// # Errors
    /// Another process that writes it.
    pub(crate) fn file(path: &Path) -> anyhow::Result<Self> {
        Ok(Self { lease: Some(Lease::take_file(path)?), made: Vec::new() })
    }

    fn made(path: &Path, take: fn(&Path) -> equipoise_experiment::Result<Lease>) -> anyhow::Result<Self> {
        let missing = path.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
        let mut held = Self { lease: None, made: missing.map(Path::to_owned).collect() };
        fs::create_dir_all(path).map_err(|source| equipoise_experiment::Error::io("create", path)(source))?;
        held.lease = Some(take(path)?);
        for ended in held.lease.iter().flat_map(Lease::ended) {
            detail!("{}: {ended} has ended", path.display());
        }
        Ok(held)
    }

    /// What says in the lease how far the work is.
    pub(crate) fn voice(&self) -> Option<Voice> {
        self.lease.as_ref().map(Lease::voice)
    }

    /// Whether this process still has it.
    ///
    /// # Errors
    /// Another took it, as this one was silent for too long.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        Ok(self.lease.as_ref().map_or(Ok(()), Lease::check)?)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.lease.take());
        for folder in &self.made {
            // One that has content refuses.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_for_nothing_goes_again() {
        let within = tempfile::tempdir().unwrap();
        let at = |name: &str| within.path().join(name);
        let held = Held::folder(&at("a/b")).unwrap();
        held.check().unwrap();
        assert!(Held::folder(&at("a/b")).is_err() && at("a/b").is_dir());
        drop(held);
        assert!(!at("a").exists());
        let held = Held::folder(&at("a/b")).unwrap();
        fs::write(at("a/kept"), "").unwrap();
        drop(held);
        assert!(at("a/kept").exists() && !at("a/b").exists());
    }
}
