//! A folder of results: the journal, the manifest, and the files that the manifest lists.

use crate::folder::{clear, inside, occupied};
use crate::manifest::{MANIFEST, Manifest, Provenance};
use crate::{Error, Journal, Record, Result, Torn, rfc3339};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The name of the journal in the output folder.
pub const RESULTS_JSONL: &str = "results.jsonl";

/// The name of the table of results in the output folder.
pub const RESULTS_CSV: &str = "results.csv";

/// The name of the resolved plan in the output folder.
pub const PLAN_TOML: &str = "plan.toml";

/// The name of the page in the output folder.
pub const REPORT: &str = "report.html";

/// What to do with a folder that has content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Continue the run in it, if the build and the backend are those that last wrote there.
    Resume,
    /// Continue it under any build and backend, and record the new one.
    ResumeAnyway,
    /// Remove what an earlier run wrote in it, and nothing else.
    Force,
}

/// An open folder with the records `T` of one plan `P`.
#[derive(Debug)]
pub struct Archive<P, T> {
    folder: PathBuf,
    journal: Journal<T>,
    torn: Option<Torn>,
    manifest: Mutex<Manifest<P>>,
}

impl<P: Clone + Serialize + DeserializeOwned, T: Record> Archive<P, T> {
    /// Opens `folder` for `total` trials of `plan`, whose tables are the files `tables`; a folder that
    /// is missing or empty begins a new run under any `existing`.
    ///
    /// # Errors
    /// If the folder has content that `existing` does not allow, in which case nothing is changed; if
    /// the run to resume is another one; if the folder cannot be written.
    pub fn open(
        folder: &Path,
        (plan, total): (P, usize),
        tables: &[&str],
        provenance: Provenance,
        existing: Existing,
    ) -> Result<Self> {
        let asked = Manifest::begin(provenance, plan, total, rfc3339(SystemTime::now()));
        check_free(folder, existing)?;
        if !occupied(folder)? {
            return Self::begin(folder, tables, asked);
        }
        match existing {
            Existing::Resume => Self::resume(folder, tables, asked, false),
            Existing::ResumeAnyway => Self::resume(folder, tables, asked, true),
            _ => {
                clear(folder)?;
                Self::begin(folder, tables, asked)
            }
        }
    }

    fn begin(folder: &Path, tables: &[&str], mut manifest: Manifest<P>) -> Result<Self> {
        let names = || [MANIFEST, RESULTS_JSONL].iter().chain(tables);
        if let Some(path) = names().map(|name| folder.join(name)).find(|path| path.exists()) {
            return Err(Error::ForeignFile { path });
        }
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        manifest.files.extend(names().map(|name| (*name).to_owned()));
        manifest.write(folder)?;
        let journal = Journal::create(&folder.join(RESULTS_JSONL))?;
        Ok(Self::with(folder, journal, None, manifest))
    }

    /// Tables that the run of the folder did not have yet join its files.
    fn resume(folder: &Path, tables: &[&str], asked: Manifest<P>, anyway: bool) -> Result<Self> {
        let nothing = || Error::NothingToResume { folder: folder.to_owned(), manifest: MANIFEST };
        let mut manifest = Manifest::<P>::read(folder)?.ok_or_else(nothing)?;
        manifest.accept(&asked, folder)?;
        if !anyway {
            manifest.accept_build(&asked, folder)?;
        }
        for name in tables {
            let path = folder.join(name);
            if manifest.files.insert((*name).to_owned()) && path.exists() {
                return Err(Error::ForeignFile { path });
            }
        }
        let path = folder.join(RESULTS_JSONL);
        let (journal, torn) =
            if path.exists() { Journal::reopen(&path)? } else { (Journal::create(&path)?, None) };
        manifest.notes.push(resumed(&asked, journal.len(), torn.as_ref()));
        manifest.take_over(asked.provenance);
        manifest.machine = asked.machine;
        manifest.ended = None;
        manifest.write(folder)?;
        Ok(Self::with(folder, journal, torn, manifest))
    }

    fn with(folder: &Path, journal: Journal<T>, torn: Option<Torn>, manifest: Manifest<P>) -> Self {
        Self { folder: folder.to_owned(), journal, torn, manifest: Mutex::new(manifest) }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The journal.
    pub fn journal(&self) -> &Journal<T> {
        &self.journal
    }

    /// The unfinished line that resuming removed from the journal.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// The place of the build that runs among those of the manifest, from 0.
    pub fn build(&self) -> usize {
        self.lock().build()
    }

    /// The manifest as it stands.
    pub fn manifest(&self) -> Manifest<P> {
        self.lock().clone()
    }

    /// Lists files in the manifest before they are written, makes their folders, and returns their
    /// paths. Only listed files are ever removed by [`Existing::Force`].
    ///
    /// `names` are relative to the folder, with `/` between parts.
    ///
    /// # Errors
    /// If a name leads out of the folder, a file that the run did not list stands there, or the
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

    /// Writes the tables through `write`, and into the manifest how many trials have a row and,
    /// unless `running`, that the run has ended now.
    ///
    /// # Errors
    /// Those of `write`; if the manifest cannot be written.
    pub fn save<E: From<Error>>(
        &self,
        finished: usize,
        running: bool,
        write: impl FnOnce() -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut manifest = self.lock();
        write()?;
        manifest.finished = finished;
        manifest.ended = (!running).then(|| rfc3339(SystemTime::now()));
        Ok(manifest.write(&self.folder)?)
    }

    /// The lock also keeps two threads from writing the same file; the manifest itself is never left
    /// half changed.
    fn lock(&self) -> MutexGuard<'_, Manifest<P>> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses a folder that [`Archive::open`] would refuse whatever the plan is. Changes nothing.
///
/// # Errors
/// If the folder has content that `existing` does not allow or that is no run to resume, or if it
/// is no folder.
pub fn check_free(folder: &Path, existing: Existing) -> Result<()> {
    if !occupied(folder)? {
        return Ok(());
    }
    match existing {
        Existing::Refuse => Err(Error::Occupied { folder: folder.to_owned() }),
        Existing::Resume | Existing::ResumeAnyway if Manifest::<Value>::read(folder)?.is_none() => {
            Err(Error::NothingToResume { folder: folder.to_owned(), manifest: MANIFEST })
        }
        Existing::Resume | Existing::ResumeAnyway | Existing::Force => Ok(()),
    }
}

fn resumed<P>(asked: &Manifest<P>, kept: usize, torn: Option<&Torn>) -> String {
    let Provenance { build, threads, .. } = &asked.provenance;
    let revision = build.revision.as_deref().unwrap_or("unknown");
    let mut note = format!("resumed {} at revision {revision} on {threads} threads", asked.started);
    note += &format!(" over a journal of {kept} rows");
    if let Some(Torn { line, bytes }) = torn {
        note += &format!("; an unfinished line {line} of {bytes} bytes was removed from {RESULTS_JSONL}");
    }
    note
}
