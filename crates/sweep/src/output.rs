//! The output of a sweep: the folder with journal, table of results and manifest of one plan.

use crate::{Existing, Plan, Provenance, RESULTS_CSV, Result, Row, Torn, Trial, results};
use equipoise_experiment::{self as experiment, Archive};
use std::path::{Path, PathBuf};

/// The rows of a sweep.
pub type Journal = experiment::Journal<Row>;

/// The manifest of a sweep.
pub type Manifest = experiment::Manifest<Plan>;

/// An open output folder: the journal, the table of results and the manifest of one plan.
#[derive(Debug)]
pub struct Output {
    archive: Archive<Plan, Row>,
    trials: Vec<Trial>,
    identities: Vec<String>,
}

impl Output {
    /// Opens `folder` for the sweep `plan`, whose trials are those of [`Plan::trials`] in their order,
    /// [placed](crate::FlowExecutor::placed) where they run; a folder that is missing or empty begins a new
    /// sweep under any `existing`. Rows that another backend wrote for the same trials are none of these.
    ///
    /// # Errors
    /// Those of [`Archive::open`].
    pub fn open(
        folder: &Path,
        (plan, trials): (Plan, Vec<Trial>),
        provenance: Provenance,
        existing: Existing,
    ) -> Result<Self> {
        let identities = trials.iter().map(Trial::identity).collect::<Result<_>>()?;
        let archive = Archive::open(folder, (plan, trials.len()), &[RESULTS_CSV], provenance, existing)?;
        Ok(Self { archive, trials, identities })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.archive.folder()
    }

    /// The trials of the plan, in the order of the results.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The trials that have no row, in the order of the plan.
    pub fn pending(&self) -> Vec<&Trial> {
        let both = self.trials.iter().zip(&self.identities);
        both.filter(|(_, identity)| !self.journal().contains(identity)).map(|(trial, _)| trial).collect()
    }

    /// The rows so far, in the order of the plan.
    pub fn rows(&self) -> Vec<Row> {
        self.journal().rows(&self.identities)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
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
    pub fn manifest(&self) -> Manifest {
        self.archive.manifest()
    }

    /// As [`Archive::claim`].
    ///
    /// # Errors
    /// As [`Archive::claim`].
    pub fn claim<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<PathBuf>> {
        Ok(self.archive.claim(names)?)
    }

    /// Adds a remark to the manifest.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn note(&self, note: impl Into<String>) -> Result<()> {
        Ok(self.archive.note(note)?)
    }

    /// Writes the table of the rows so far and their number into the manifest.
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
        self.archive.save(rows.len(), running, || results::write(&self.folder().join(RESULTS_CSV), &rows))
    }
}

#[cfg(test)]
pub(crate) mod tests;
