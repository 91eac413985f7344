//! The output of an experiment: the folder with journal, tables and manifest of one plan.

use crate::folder::{clear, clear_partials, inside, occupied};
use crate::{
    Aside, Error, Existing, JOURNAL, Journal, Lease, MANIFEST, Manifest, Provenance, RESULTS_JSONL, Record,
    Reopened, Result, Resume, SECONDS, TIMINGS_CSV, Torn, Work, check_free, identities, replace, rfc3339,
    write_table,
};
use equipoise_report::{Column, Table};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// An open output folder: the journal, the tables and the manifest of one plan, which no other process has meanwhile.
#[derive(Debug)]
pub struct Output<W: Work> {
    folder: PathBuf,
    journal: Journal<W::Record>,
    reopened: Reopened,
    manifest: Mutex<Manifest<W::Plan>>,
    trials: Vec<W>,
    identities: Vec<String>,
    /// The rows at whose tables an earlier run of the same build ended, where they still stand.
    settled: Option<usize>,
    /// Given back after all else.
    lease: Lease,
}

/// What every run writes beside its own tables.
const FILES: [&str; 4] = [MANIFEST, JOURNAL, RESULTS_JSONL, TIMINGS_CSV];

/// A folder as it is opened: journal, what was done to it, manifest, and the rows whose tables stand.
type Opened<W> = (Journal<<W as Work>::Record>, Reopened, Manifest<<W as Work>::Plan>, Option<usize>);

impl<W: Work> Output<W> {
    /// Opens `folder` for `plan` with its trials, in their order, placed where they run; a folder that is missing
    /// or empty begins a new run under any `existing`. Rows that another backend wrote for the same trials are
    /// none of these.
    ///
    /// # Errors
    /// If the folder has content that `existing` does not allow, in which case nothing is changed; if
    /// the run to resume is another one; if another process has the folder; if it cannot be written.
    pub fn open(
        folder: &Path,
        (plan, trials): (W::Plan, Vec<W>),
        provenance: Provenance,
        existing: Existing,
    ) -> Result<Self> {
        let identities = identities(&trials)?;
        let asked = Manifest::begin(provenance, plan, trials.len(), rfc3339(SystemTime::now()));
        check_free(folder, existing)?;
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let lease = Lease::take(folder)?;
        // Whoever had it may have begun since.
        check_free(folder, existing)?;
        let (journal, reopened, manifest, settled) = match existing {
            Existing::Resume(resume) if occupied(folder)? => Self::resume(folder, asked, resume)?,
            _ => {
                if occupied(folder)? {
                    clear(folder)?;
                }
                Self::begin(folder, asked)?
            }
        };
        tracing::info!(folder = %folder.display(), rows = journal.len(), trials = trials.len(), "opened");
        let (folder, manifest) = (folder.to_owned(), Mutex::new(manifest));
        Ok(Self { folder, lease, journal, reopened, manifest, trials, identities, settled })
    }

    fn begin(folder: &Path, mut manifest: Manifest<W::Plan>) -> Result<Opened<W>> {
        let names = || FILES.iter().chain(W::TABLES);
        if let Some(path) = names().map(|name| folder.join(name)).find(|path| path.exists()) {
            return Err(Error::foreign(&path));
        }
        manifest.files.extend(names().map(|name| (*name).to_owned()));
        manifest.write(folder)?;
        Ok((Journal::create(&folder.join(JOURNAL))?, Reopened::default(), manifest, None))
    }

    /// Opens `folder` for rows from elsewhere, under a manifest that says of which runs; one that is there already must
    /// be of the same plan, and its files stay. Content that is none of a run is left alone.
    pub(crate) fn gather(folder: &Path, mut manifest: Manifest<W::Plan>, trials: Vec<W>) -> Result<Self> {
        let identities = identities(&trials)?;
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let lease = Lease::take(folder)?;
        let (journal, reopened, manifest, settled) = match Manifest::<W::Plan>::read(folder)? {
            None => Self::begin(folder, manifest)?,
            Some(found) => {
                found.accept(&manifest, folder)?;
                let (journal, reopened) = Self::journal_of(folder, &found, false)?;
                manifest.files.extend(found.files);
                // Before the first row, whose build it lists.
                manifest.write(folder)?;
                (journal, reopened, manifest, None)
            }
        };
        let (folder, manifest) = (folder.to_owned(), Mutex::new(manifest));
        Ok(Self { folder, lease, journal, reopened, manifest, trials, identities, settled })
    }

    /// Tables that the run of the folder did not have yet join its files.
    fn resume(folder: &Path, asked: Manifest<W::Plan>, how: Resume) -> Result<Opened<W>> {
        let found = Manifest::<W::Plan>::read(folder)?;
        let mut manifest = found.ok_or_else(|| Error::nothing_to_resume(folder))?;
        manifest.accept(&asked, folder)?;
        if !how.anyway {
            manifest.accept_build(&asked, folder)?;
        }
        for name in FILES.iter().chain(W::TABLES) {
            let path = folder.join(name);
            if manifest.files.insert((*name).to_owned()) && path.exists() {
                return Err(Error::foreign(&path));
            }
        }
        clear_partials(folder, &manifest.files)?;
        let (journal, mut reopened) = Self::journal_of(folder, &manifest, how.mend)?;
        let stands = manifest.ended.is_some()
            && manifest.finished == journal.len()
            && manifest.accept_build(&asked, folder).is_ok()
            && FILES.iter().chain(W::TABLES).all(|name| folder.join(name).is_file());
        let settled = stands.then(|| journal.len());
        reopened.missing = manifest.finished.saturating_sub(journal.len());
        manifest.files.extend(reopened.aside.iter().map(|aside| aside.name.clone()));
        manifest.notes.push(resumed(&asked, journal.len(), &reopened));
        manifest.take_over(asked.provenance);
        manifest.machine = asked.machine;
        manifest.ended = None;
        manifest.write(folder)?;
        Ok((journal, reopened, manifest, settled))
    }

    /// The journal of a run that goes on; a run that died before its first row may have none.
    fn journal_of(
        folder: &Path,
        manifest: &Manifest<W::Plan>,
        mending: bool,
    ) -> Result<(Journal<W::Record>, Reopened)> {
        let path = folder.join(JOURNAL);
        if path.exists() {
            return Journal::reopen(&path, mending);
        }
        if manifest.finished > 0 || folder.join(RESULTS_JSONL).exists() {
            return Err(Error::NoJournal { path, finished: manifest.finished });
        }
        Ok((Journal::create(&path)?, Reopened::default()))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The trials of the plan, in the order of the results.
    pub fn trials(&self) -> &[W] {
        &self.trials
    }

    /// Their identities.
    pub(crate) fn identities(&self) -> &[String] {
        &self.identities
    }

    /// The trials that have no row, in the order of the plan.
    pub fn pending(&self) -> Vec<&W> {
        let both = self.trials.iter().zip(&self.identities);
        both.filter(|(_, identity)| !self.journal.contains(identity)).map(|(trial, _)| trial).collect()
    }

    /// The rows so far, in the order of the plan.
    ///
    /// # Errors
    /// If they cannot be read, or are not what was written.
    pub fn rows(&self) -> Result<Vec<W::Record>> {
        self.journal.rows(&self.identities)
    }

    /// The rows so far one by one, in the order of the plan.
    ///
    /// # Errors
    /// As for [`rows`](Self::rows).
    pub fn for_each_row(&self, each: impl FnMut(W::Record)) -> Result<()> {
        self.journal.for_each(&self.identities, each)
    }

    /// The trials that have a row, each with it, in the order of the plan.
    ///
    /// # Errors
    /// As for [`rows`](Self::rows).
    pub fn finished(&self) -> Result<Vec<(&W, W::Record)>> {
        let both = self.trials.iter().zip(&self.identities);
        let trials = both.filter(|(_, identity)| self.journal.contains(identity)).map(|(trial, _)| trial);
        Ok(trials.zip(self.rows()?).collect())
    }

    /// The lease of the folder.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The journal.
    pub fn journal(&self) -> &Journal<W::Record> {
        &self.journal
    }

    /// What resuming did to the journal.
    pub fn reopened(&self) -> &Reopened {
        &self.reopened
    }

    /// The place of the build that runs among those of the manifest, from 0.
    pub fn build(&self) -> usize {
        self.lock().build()
    }

    /// The manifest as it stands.
    pub fn manifest(&self) -> Manifest<W::Plan> {
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
                return Err(Error::foreign(&path));
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

    /// Whether nothing is left to write: an earlier run of the same build ended here with these rows and their tables,
    /// and none has come since.
    pub fn is_settled(&self) -> bool {
        self.settled == Some(self.journal.len())
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
        let _within = tracing::debug_span!("tables", rows = self.journal.len()).entered();
        self.lease.check()?;
        let settled = self.is_settled();
        let mut manifest = self.lock();
        manifest.ended = (!running).then(|| rfc3339(SystemTime::now()));
        if settled {
            return manifest.write(&self.folder);
        }
        self.journal.sync()?;
        let rows = self.rows()?;
        replace(&self.folder.join(RESULTS_JSONL), &self.journal.untimed(&self.identities)?)?;
        write_table(&self.folder.join(TIMINGS_CSV), &timings(&rows))?;
        W::write(&self.folder, &rows)?;
        manifest.finished = rows.len();
        manifest.write(&self.folder)
    }

    /// The lock also keeps two threads from writing the same file; the manifest itself is never left
    /// half changed.
    fn lock(&self) -> MutexGuard<'_, Manifest<W::Plan>> {
        self.manifest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wall time of every trial.
fn timings<R: Record>(rows: &[R]) -> Table {
    let columns = [
        Column::new("identity", "of the trial", |row: &R| row.identity().to_owned()),
        Column::new(SECONDS, "wall time", R::seconds).unit("s"),
    ];
    Table::of(&columns, rows)
}

fn resumed<P>(asked: &Manifest<P>, kept: usize, reopened: &Reopened) -> String {
    let Provenance { build, threads, .. } = &asked.provenance;
    let revision = build.revision.as_deref().unwrap_or("unknown");
    let mut note = format!("resumed {} at revision {revision} on {threads} threads", asked.started);
    note += &format!(" over a journal of {kept} rows");
    if let Some(Torn { line, bytes }) = &reopened.torn {
        note += &format!("; an unfinished line {line} of {bytes} bytes was removed from {JOURNAL}");
    }
    if reopened.missing > 0 {
        note += &format!("; {} rows that the manifest counted were not there", reopened.missing);
    }
    if let Some(Aside { name, damaged, .. }) = &reopened.aside {
        note += &format!("; {JOURNAL} was damaged and stands as {name}, {damaged} of its lines were no rows");
    }
    note
}
