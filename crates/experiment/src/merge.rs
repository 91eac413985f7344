//! Merging: the rows of several folders of one plan in one, as a single run would have left them.

use crate::line::{encode, untimed_line};
use crate::manifest::difference;
use crate::replace::replace;
use crate::{
    Build, Error, JOURNAL, MANIFEST, Manifest, Output, PLAN_TOML, Provenance, Record, Records, Result, Shard,
    Share, Work,
};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// How the name begins of a folder that one attempt at a shard has for itself.
const ATTEMPT: &str = "attempt-";

/// A folder of rows as it is found; another process may be writing there.
#[derive(Debug)]
pub struct Part<W: Work> {
    folder: PathBuf,
    manifest: Manifest<W::Plan>,
    rows: Vec<W::Record>,
}

impl<W: Work> Part<W> {
    /// Reads a folder, of which nothing is changed.
    ///
    /// # Errors
    /// If it has no manifest of this kind of plan, or a journal that cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        // Rows first: the manifest of a run that goes on has their builds before they are there.
        let journal = folder.join(JOURNAL);
        let rows = if journal.exists() { rows(&Records::read(&journal)?)? } else { Vec::new() };
        let manifest = Manifest::read(folder)?.ok_or_else(|| nothing(folder))?;
        if manifest.builds.is_empty() {
            return Err(Error::UnknownBuild { manifest: folder.join(MANIFEST) });
        }
        Ok(Self { folder: folder.to_owned(), manifest, rows })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest<W::Plan> {
        &self.manifest
    }

    /// How many rows its journal has.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// What the merged manifest says of it.
    fn share(&self) -> Option<Share> {
        let Manifest { provenance, started, ended, machine, total, .. } = &self.manifest;
        Some(Share {
            shard: provenance.shard?,
            finished: self.rows.len(),
            total: *total,
            started: started.clone(),
            ended: ended.clone(),
            machine: machine.clone(),
            threads: provenance.threads,
        })
    }
}

fn rows<T: Record>(journal: &Records<T>) -> Result<Vec<T>> {
    let identities: Vec<String> = journal.identities().map(str::to_owned).collect();
    journal.rows(&identities)
}

/// Every folder of rows in `folder`: itself, the shards right below it, and those of its attempts, as arrays of jobs
/// leave them (`attempt-JOB-N`), where they have a manifest.
///
/// # Errors
/// Where there is none, and for a folder that cannot be read.
pub fn parts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = vec![(None, folder.to_owned())];
    found.extend(shards(folder)?);
    for attempt in below(folder)?.filter(|(name, _)| name.starts_with(ATTEMPT)) {
        found.extend(shards(&attempt.1)?);
    }
    found.retain(|(_, path)| path.join(MANIFEST).is_file());
    found.sort();
    if found.is_empty() {
        Err(nothing(folder))
    } else {
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }
}

/// The folders of shards right below one.
fn shards(folder: &Path) -> Result<impl Iterator<Item = (Option<Shard>, PathBuf)>> {
    Ok(below(folder)?.filter_map(|(name, path)| Some((Some(Shard::of_folder(&name)?), path))))
}

/// The folders right below one, with their names.
fn below(folder: &Path) -> Result<impl Iterator<Item = (String, PathBuf)>> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries =
        entries.map_err(Error::io("read", folder))?.into_iter().filter(|entry| entry.path().is_dir());
    Ok(entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
}

fn nothing(folder: &Path) -> Error {
    Error::found(
        folder,
        format!("no {MANIFEST}"),
        "the folder of a run, or one with folders shard-K-of-N, to merge",
    )
}

/// The rows of several parts, each once.
#[derive(Debug)]
pub struct Merged<W: Work> {
    parts: Vec<Part<W>>,
    builds: Vec<Build>,
    /// By identity: the place of the part, and the row under the builds of the whole.
    rows: HashMap<String, (usize, W::Record)>,
}

impl<W: Work> Merged<W> {
    /// Puts parts together. A row that several have alike is one.
    ///
    /// # Errors
    /// [`Error::Foreign`] for a part of another plan, other data or another version; [`Error::Unlike`] where builds
    /// differ in what moves bits, unless `unlike`; [`Error::Contradiction`] for a trial with rows that differ.
    pub fn of(parts: Vec<Part<W>>, unlike: bool) -> Result<Self> {
        let mut merged = Self { parts: Vec::new(), builds: Vec::new(), rows: HashMap::new() };
        for part in parts {
            merged.check(&part, unlike)?;
            merged.take(part)?;
        }
        Ok(merged)
    }

    fn check(&self, part: &Part<W>, unlike: bool) -> Result<()> {
        let Some(first) = self.parts.first() else { return Ok(()) };
        if let Some((field, expected, found)) = first.manifest.differs(&part.manifest)? {
            let (manifest, reference) = (part.folder.join(MANIFEST), first.folder.join(MANIFEST));
            return Err(Error::Foreign { manifest, reference, field, found, expected });
        }
        let differences = |build: &Build| self.builds[0].differences(build);
        match part.manifest.builds.iter().map(differences).find(|differences| !differences.is_empty()) {
            Some(differences) if !unlike => Err(Error::Unlike {
                manifest: part.folder.join(MANIFEST),
                reference: first.folder.join(MANIFEST),
                differences,
            }),
            _ => Ok(()),
        }
    }

    fn take(&mut self, mut part: Part<W>) -> Result<()> {
        let places: Vec<usize> = part.manifest.builds.iter().map(|build| self.place(build)).collect();
        for row in &mut part.rows {
            let build = row.build_mut();
            *build = *places.get(*build).ok_or_else(|| {
                let found = format!("{} builds", places.len());
                Error::found(&part.folder.join(MANIFEST), found, "that of every row")
            })?;
            match self.rows.get(row.identity()) {
                None => drop(self.rows.insert(row.identity().to_owned(), (self.parts.len(), row.clone()))),
                Some((place, known)) => {
                    if let Some((field, found, expected)) = contradiction(known, row)? {
                        return Err(Error::Contradiction {
                            identity: row.identity().to_owned(),
                            field,
                            folders: Box::new([&self.parts[*place].folder, &part.folder].map(Clone::clone)),
                            values: Box::new([found, expected]),
                        });
                    }
                }
            }
        }
        self.parts.push(part);
        Ok(())
    }

    /// The place of a build among those of the whole, which it joins.
    fn place(&mut self, build: &Build) -> usize {
        let alike = |known: &Build| known.differences(build).is_empty();
        self.builds.iter().position(alike).unwrap_or_else(|| {
            self.builds.push(build.clone());
            self.builds.len() - 1
        })
    }

    /// The resolved plan beside the rows: of the first part that has one, as one that was killed early may not.
    pub fn plan_file(&self) -> PathBuf {
        let mut files = self.parts.iter().map(|part| part.folder.join(PLAN_TOML));
        files.clone().find(|file| file.is_file()).or_else(|| files.next()).unwrap_or_default()
    }

    /// The parts, in the order of merging.
    pub fn parts(&self) -> &[Part<W>] {
        &self.parts
    }

    /// Whether a trial of this identity has a row.
    pub fn contains(&self, identity: &str) -> bool {
        self.rows.contains_key(identity)
    }
}

/// The first field in which two rows of a trial differ, whatever build wrote them, and both values.
fn contradiction<T: Record>(a: &T, b: &T) -> Result<Option<(String, String, String)>> {
    let value = |row: &T| -> Result<Value> {
        let mut row = row.clone();
        *row.build_mut() = 0;
        let fault = |source| Error::Encode { what: "row", source };
        serde_json::from_slice(&untimed_line(&encode(&row).map_err(fault)?).map_err(fault)?).map_err(fault)
    };
    Ok(difference("", &value(a)?, &value(b)?)
        .map(|(field, a, b)| (field.trim_start_matches('.').to_owned(), a, b)))
}

impl<W: Work> Output<W> {
    /// Writes the rows of a merge into `folder`, whose own rows, if it has any, are among them, as a run of the whole
    /// plan would: journal, tables, manifest and pictures. Pages are for the caller to make. Rows that were there stay,
    /// whatever they came from.
    ///
    /// # Errors
    /// If the folder holds another run, or files of others under names that this writes; if it cannot be written.
    pub fn merge(folder: &Path, (plan, trials): (W::Plan, Vec<W>), merged: Merged<W>) -> Result<Self> {
        let whole = merged.manifest(plan, trials.len());
        let output = Self::gather(folder, whole, trials)?;
        let rows = output.identities().iter().filter(|identity| !output.journal().contains(identity));
        for (_, row) in rows.filter_map(|identity| merged.rows.get(identity)) {
            output.journal().append(row)?;
        }
        for part in merged.parts.iter().filter(|part| part.folder != folder) {
            output.take_pictures(part)?;
        }
        output.close()?;
        Ok(output)
    }

    /// Copies the pictures of a part, where they are not there already.
    fn take_pictures(&self, part: &Part<W>) -> Result<()> {
        let picture = |name: &&String| name.ends_with(".png") && part.folder.join(name).is_file();
        let names: Vec<&String> = part.manifest.files.iter().filter(picture).collect();
        for (name, to) in names.iter().zip(self.claim(&names)?) {
            let from = part.folder.join(name);
            let bytes = fs::read(&from).map_err(Error::io("read", &from))?;
            if fs::read(&to).ok().as_ref() != Some(&bytes) {
                replace(&to, &bytes)?;
            }
        }
        Ok(())
    }
}

impl<W: Work> Merged<W> {
    /// The manifest of the whole: that of the first part, from the first beginning to the last end.
    fn manifest(&self, plan: W::Plan, total: usize) -> Manifest<W::Plan> {
        let first = &self.parts[0].manifest;
        let all = || self.parts.iter().map(|part| &part.manifest);
        let mut shards: Vec<Share> = first.shards.clone();
        for share in self.parts.iter().filter_map(Part::share) {
            match shards.iter_mut().find(|known| known.shard == share.shard) {
                Some(known) if known.finished > share.finished => {}
                Some(known) => *known = share,
                None => shards.push(share),
            }
        }
        shards.sort_by_key(|share| share.shard);
        let mut notes: Vec<String> = Vec::new();
        for note in all().flat_map(|manifest| &manifest.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        Manifest {
            builds: self.builds.clone(),
            provenance: Provenance { shard: None, ..first.provenance.clone() },
            machine: first.machine.clone(),
            started: all().map(|manifest| manifest.started.clone()).min().unwrap_or_default(),
            ended: all().filter_map(|manifest| manifest.ended.clone()).max(),
            finished: self.rows.len(),
            total,
            notes,
            shards,
            plan,
            files: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
mod tests;
