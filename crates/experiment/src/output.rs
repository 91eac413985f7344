//! The output of an experiment: the folder with journal, tables and manifest of one plan.

use crate::{Archive, Existing, Journal, Manifest, Provenance, Result, Torn, Work};
use std::path::{Path, PathBuf};

/// An open output folder: the journal, the tables and the manifest of one plan.
#[derive(Debug)]
pub struct Output<W: Work> {
    archive: Archive<W::Plan, W::Record>,
    trials: Vec<W>,
    identities: Vec<String>,
}

impl<W: Work> Output<W> {
    /// Opens `folder` for `plan` with its trials, in their order, placed where they run; a folder that is missing
    /// or empty begins a new run under any `existing`. Rows that another backend wrote for the same trials are
    /// none of these.
    ///
    /// # Errors
    /// Those of [`Archive::open`].
    pub fn open(
        folder: &Path,
        (plan, trials): (W::Plan, Vec<W>),
        provenance: Provenance,
        existing: Existing,
    ) -> Result<Self> {
        let identities = trials.iter().map(Work::identity).collect::<Result<_>>()?;
        let archive = Archive::open(folder, (plan, trials.len()), W::TABLES, provenance, existing)?;
        Ok(Self { archive, trials, identities })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.archive.folder()
    }

    /// The trials of the plan, in the order of the results.
    pub fn trials(&self) -> &[W] {
        &self.trials
    }

    /// The trials that have no row, in the order of the plan.
    pub fn pending(&self) -> Vec<&W> {
        let both = self.trials.iter().zip(&self.identities);
        both.filter(|(_, identity)| !self.journal().contains(identity)).map(|(trial, _)| trial).collect()
    }

    /// The rows so far, in the order of the plan.
    pub fn rows(&self) -> Vec<W::Record> {
        self.journal().rows(&self.identities)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal<W::Record> {
        self.archive.journal()
    }

    /// The unfinished line that resuming removed from the journal.
    pub fn torn(&self) -> Option<&Torn> {
        self.archive.torn()
    }

    /// The place of the build that runs among those of the manifest.
    pub fn build(&self) -> usize {
        self.archive.build()
    }

    /// The manifest as it stands.
    pub fn manifest(&self) -> Manifest<W::Plan> {
        self.archive.manifest()
    }

    /// As [`Archive::claim`].
    ///
    /// # Errors
    /// As [`Archive::claim`].
    pub fn claim<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<PathBuf>> {
        self.archive.claim(names)
    }

    /// Adds a remark to the manifest.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn note(&self, note: impl Into<String>) -> Result<()> {
        self.archive.note(note)
    }

    /// Writes the tables of the rows so far, and their number into the manifest.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn checkpoint(&self) -> Result<()> {
        self.save(true)
    }

    /// As [`checkpoint`](Self::checkpoint), and states the end time.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn close(&self) -> Result<()> {
        self.save(false)
    }

    fn save(&self, running: bool) -> Result<()> {
        let rows = self.rows();
        self.archive.save(rows.len(), running, || W::write(self.folder(), &rows))
    }
}
