//! The output of a sweep: journal, table of results and manifest in one folder.

use crate::folder::{clear, inside, occupied};
use crate::manifest::{MANIFEST, Manifest, Provenance};
use crate::{Error, Journal, Plan, Result, Row, Torn, Trial, results, rfc3339};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The name of the journal in the output folder.
pub const RESULTS_JSONL: &str = "results.jsonl";
/// The name of the table of results in the output folder.
pub const RESULTS_CSV: &str = "results.csv";

/// What to do with a folder that has content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Continue the sweep in it.
    Resume,
    /// Remove what an earlier sweep wrote in it, and nothing else.
    Force,
}

/// An open output folder: the journal, the table of results and the manifest of one plan.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    trials: Vec<Trial>,
    identities: Vec<String>,
    journal: Journal,
    torn: Option<Torn>,
    manifest: Mutex<Manifest>,
}

impl Output {
    /// Opens `folder` for the sweep `plan`; a folder that is missing or empty begins a new sweep
    /// under any `existing`.
    ///
    /// # Errors
    /// If the plan is invalid; if the folder has content that `existing` does not allow, in which
    /// case nothing is changed; if the sweep to resume is another one; if the folder cannot be written.
    pub fn open(folder: &Path, plan: Plan, provenance: Provenance, existing: Existing) -> Result<Self> {
        let trials = plan.trials()?;
        let asked = Manifest::begin(provenance, plan, &trials, rfc3339(SystemTime::now()));
        check_free(folder, existing)?;
        match existing {
            Existing::Resume if occupied(folder)? => Self::resume(folder, trials, asked),
            Existing::Force if occupied(folder)? => {
                clear(folder)?;
                Self::begin(folder, trials, asked)
            }
            _ => Self::begin(folder, trials, asked),
        }
    }

    fn begin(folder: &Path, trials: Vec<Trial>, mut manifest: Manifest) -> Result<Self> {
        let names = [MANIFEST, RESULTS_JSONL, RESULTS_CSV];
        if let Some(path) = names.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
            return Err(Error::ForeignFile { path });
        }
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        manifest.files.extend(names.map(String::from));
        manifest.write(folder)?;
        let journal = Journal::create(&folder.join(RESULTS_JSONL))?;
        Self::with(folder, trials, journal, None, manifest)
    }

    fn resume(folder: &Path, trials: Vec<Trial>, asked: Manifest) -> Result<Self> {
        let nothing = || Error::NothingToResume { folder: folder.to_owned(), manifest: MANIFEST };
        let mut manifest = Manifest::read(folder)?.ok_or_else(nothing)?;
        manifest.accept(&asked, folder)?;
        let path = folder.join(RESULTS_JSONL);
        let (journal, torn) =
            if path.exists() { Journal::reopen(&path)? } else { (Journal::create(&path)?, None) };
        manifest.notes.push(resumed(&asked, &journal, torn.as_ref()));
        manifest.provenance = asked.provenance;
        manifest.machine = asked.machine;
        manifest.ended = None;
        manifest.write(folder)?;
        Self::with(folder, trials, journal, torn, manifest)
    }

    fn with(
        folder: &Path,
        trials: Vec<Trial>,
        journal: Journal,
        torn: Option<Torn>,
        manifest: Manifest,
    ) -> Result<Self> {
        let identities = trials.iter().map(Trial::identity).collect::<Result<_>>()?;
        let (folder, manifest) = (folder.to_owned(), Mutex::new(manifest));
        Ok(Self { folder, trials, identities, journal, torn, manifest })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The trials of the plan, in the order of the results.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// The trials that have no row, in the order of the plan.
    pub fn pending(&self) -> Vec<&Trial> {
        let both = self.trials.iter().zip(&self.identities);
        both.filter(|(_, identity)| !self.journal.contains(identity)).map(|(trial, _)| trial).collect()
    }

    /// The rows so far, in the order of the plan.
    pub fn rows(&self) -> Vec<Row> {
        self.journal.rows(&self.identities)
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The unfinished line that resuming removed from the journal.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// The manifest as it stands.
    pub fn manifest(&self) -> Manifest {
        self.lock().clone()
    }

    /// Lists files in the manifest before they are written, makes their folders, and returns their
    /// paths. Only listed files are ever removed by [`Existing::Force`].
    ///
    /// `names` are relative to the folder, with `/` between parts.
    ///
    /// # Errors
    /// If a name leads out of the folder, a file that the sweep did not list stands there, or the
    /// folder cannot be written.
    pub fn claim<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<PathBuf>> {
        let mut manifest = self.lock();
        let mut paths = Vec::with_capacity(names.len());
        let mut claimed = manifest.clone();
        for name in names.iter().map(AsRef::as_ref) {
            let path = inside(&self.folder, name)?;
            if claimed.files.insert(name.to_owned()) && path.exists() {
                return Err(Error::ForeignFile { path });
            }
            paths.push(path);
        }
        if claimed.files.len() > manifest.files.len() {
            claimed.write(&self.folder)?;
            *manifest = claimed;
        }
        for parent in paths.iter().filter_map(|path| path.parent()) {
            fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        Ok(paths)
    }

    /// Adds a remark to the manifest.
    ///
    /// # Errors
    /// If the manifest cannot be written.
    pub fn note(&self, note: impl Into<String>) -> Result<()> {
        let mut manifest = self.lock();
        manifest.notes.push(note.into());
        manifest.write(&self.folder)
    }

    /// Writes the table of the rows so far and their number into the manifest.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn checkpoint(&self) -> Result<()> {
        self.save(None)
    }

    /// As [`checkpoint`](Self::checkpoint), and states the end time.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn close(&self) -> Result<()> {
        self.save(Some(rfc3339(SystemTime::now())))
    }

    fn save(&self, ended: Option<String>) -> Result<()> {
        let mut manifest = self.lock();
        let rows = self.rows();
        results::write(&self.folder.join(RESULTS_CSV), &rows)?;
        manifest.finished = rows.len();
        manifest.ended = ended;
        manifest.write(&self.folder)
    }

    /// The lock also keeps two threads from writing the same file; the manifest itself is never left
    /// half changed.
    fn lock(&self) -> MutexGuard<'_, Manifest> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses a folder that [`Output::open`] would refuse whatever the plan is. Changes nothing.
///
/// # Errors
/// If the folder has content that `existing` does not allow or that is no sweep to resume, or if it
/// is no folder.
pub fn check_free(folder: &Path, existing: Existing) -> Result<()> {
    if !occupied(folder)? {
        return Ok(());
    }
    match existing {
        Existing::Refuse => Err(Error::Occupied { folder: folder.to_owned() }),
        Existing::Resume if Manifest::read(folder)?.is_none() => {
            Err(Error::NothingToResume { folder: folder.to_owned(), manifest: MANIFEST })
        }
        Existing::Resume | Existing::Force => Ok(()),
    }
}

fn resumed(asked: &Manifest, journal: &Journal, torn: Option<&Torn>) -> String {
    let Provenance { revision, threads, .. } = &asked.provenance;
    let revision = revision.as_deref().unwrap_or("unknown");
    let kept = journal.len();
    let mut note = format!("resumed {} at revision {revision} on {threads} threads", asked.started);
    note += &format!(" with {kept} of {} rows", asked.total);
    if let Some(Torn { line, bytes }) = torn {
        note += &format!("; an unfinished line {line} of {bytes} bytes was removed from {RESULTS_JSONL}");
    }
    note
}

#[cfg(test)]
pub(crate) mod tests;
