//! What the files of one folder tell of the work in it.

use anyhow::{Context, bail};
use equipoise_experiment::{Holder, JOURNAL, Manifest, RESULTS_JSONL, Shard, Standing, holders};
use equipoise_prior::SharedProgress;
use equipoise_training::{CURVE, RECORD};
use serde::Serialize;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What a state of a long reconstruction is called, before its member.
const STATE: &str = "state-";

/// One sweep, benchmark, training, reconstruction or shared fit.
#[derive(Debug, Serialize)]
pub(super) struct Work {
    pub(super) folder: PathBuf,
    /// Where it is one.
    pub(super) shard: Option<Shard>,
    pub(super) what: String,
    pub(super) done: usize,
    /// Absent where the folder does not tell.
    pub(super) total: Option<usize>,
    pub(super) state: State,
    /// Units a second of the processes that run.
    pub(super) rate: Option<f64>,
    /// Seconds that are left.
    pub(super) left: Option<f64>,
    /// Seconds since something was finished.
    pub(super) age: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Everything is there.
    Whole,
    Runs,
    /// Something is missing, and nobody works there.
    Stopped,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Runs => "runs",
            Self::Stopped => "stopped",
        }
    }
}

impl Work {
    /// Of a folder.
    ///
    /// # Errors
    /// A folder that holds none, and files that cannot be read.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        if let Some(progress) = SharedProgress::of(folder)? {
            return Self::fit(folder, &progress);
        }
        let Counted { what, done, total, last } = match Manifest::<Value>::read(folder)? {
            Some(manifest) => trials(folder, &manifest)?,
            None if folder.join(RECORD).exists() => steps(folder)?,
            None => levels(folder)?,
        };
        let mut work = Self::new(folder, &what, (done, total), last);
        if let Some(holder) = running(folder)?.into_iter().next().filter(|_| work.state != State::Whole) {
            work.state = State::Runs;
            if let Some(word) = holder.word() {
                (work.done, work.total) = (work.done.max(word.done), work.total.or(Some(word.total)));
                let since = holder.silence().as_secs_f64();
                (work.rate, work.left) = (word.rate, word.left.map(|left| (left - since).max(0.0)));
            }
        }
        Ok(work)
    }

    fn new(
        folder: &Path,
        what: &str,
        (done, total): (usize, Option<usize>),
        last: Option<SystemTime>,
    ) -> Self {
        let state = if total == Some(done) { State::Whole } else { State::Stopped };
        let age = last.map(|last| last.elapsed().unwrap_or_default().as_secs_f64());
        let shard = folder.file_name().and_then(|name| Shard::of_folder(name.to_str()?));
        let (folder, what) = (folder.to_owned(), what.to_owned());
        Self { folder, shard, what, done, total, state, rate: None, left: None, age }
    }

    /// Parts come as fast as they came so far, from the beginning of the first to the end of the last.
    fn fit(folder: &Path, progress: &SharedProgress) -> anyhow::Result<Self> {
        let (done, total) = (progress.done.len(), progress.total);
        let last = progress.done.last().map(|(.., when)| *when);
        let what = format!("fit of {}", progress.train);
        let mut work = Self::new(folder, &what, (done, Some(total)), last);
        if work.state == State::Whole || running(folder)?.is_empty() {
            return Ok(work);
        }
        work.state = State::Runs;
        let first = progress.done.first().map(|(_, _, seconds, when)| (when, seconds));
        let spent = first.zip(last).and_then(|((first, seconds), last)| {
            Some(last.duration_since(*first).ok()?.as_secs_f64() + seconds)
        });
        work.rate = spent.filter(|spent| *spent > 0.0).map(|spent| done as f64 / spent);
        work.left = work.rate.map(|rate| (total - done) as f64 / rate);
        Ok(work)
    }
}

/// Who works in a folder, as far as this machine can tell.
fn running(folder: &Path) -> anyhow::Result<Vec<Holder>> {
    let mut all = holders(folder)?;
    all.retain(|holder| holder.standing() == Standing::Runs);
    Ok(all)
}

/// What is counted in a folder.
struct Counted {
    what: String,
    done: usize,
    total: Option<usize>,
    last: Option<SystemTime>,
}

/// Rows of a sweep or a benchmark.
fn trials(folder: &Path, manifest: &Manifest<Value>) -> anyhow::Result<Counted> {
    let verb =
        manifest.provenance.arguments.iter().find(|word| ["sweep", "benchmark"].contains(&word.as_str()));
    let mut what = verb.map_or_else(|| "experiment".into(), Clone::clone);
    if !manifest.shards.is_empty() {
        what += ", merged";
    }
    // A line a row, in a journal of its own after its head; what is behind the last end of line is not whole.
    let journals = [(JOURNAL, 1), (RESULTS_JSONL, 0)].map(|(name, head)| (folder.join(name), head));
    let (done, last) = match journals.iter().find(|(path, _)| path.exists()) {
        Some((path, head)) => {
            let (lines, last) = lines(path)?;
            (lines.saturating_sub(*head).min(manifest.total), last)
        }
        None => (0, None),
    };
    Ok(Counted { what, done, total: Some(manifest.total), last })
}

/// Steps of a training: rows of its curve, after the head.
fn steps(folder: &Path) -> anyhow::Result<Counted> {
    let (record, curve) = (folder.join(RECORD), folder.join(CURVE));
    let text =
        fs::read_to_string(&record).with_context(|| format!("{}: cannot be read", record.display()))?;
    let told: Value =
        serde_json::from_str(&text).with_context(|| format!("{}: no record", record.display()))?;
    let total = told["config"]["optimiser"]["steps"].as_u64().map(|steps| steps as usize);
    let (done, last) = if curve.exists() { lines(&curve)? } else { (1, None) };
    Ok(Counted { what: "train".into(), done: done.saturating_sub(1), total, last })
}

/// Members of a long reconstruction whose states are kept, or its ensemble.
fn levels(folder: &Path) -> anyhow::Result<Counted> {
    let moment = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    let what = "reconstruct".to_owned();
    let ensemble = folder.join("ensemble.h5");
    if ensemble.exists() {
        return Ok(Counted { what, done: 1, total: Some(1), last: moment(ensemble) });
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{}: cannot be read", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let named =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(STATE));
    let last = paths.filter(named).filter_map(moment).max();
    if last.is_none() && holders(folder)?.is_empty() {
        bail!(
            "{}: found no sweep, benchmark, training, reconstruction or parts of a fit, expected the folder of one",
            folder.display()
        );
    }
    Ok(Counted { what, done: 0, total: None, last })
}

/// How many ends of lines a file has, and when it was last written.
fn lines(path: &Path) -> anyhow::Result<(usize, Option<SystemTime>)> {
    let read = || -> std::io::Result<_> {
        let file = File::open(path)?;
        let last = file.metadata()?.modified().ok();
        let (mut from, mut bytes, mut count) = (BufReader::new(file), vec![0; 1 << 16], 0);
        loop {
            match from.read(&mut bytes)? {
                0 => return Ok((count, last)),
                read => count += bytes[..read].iter().filter(|byte| **byte == b'\n').count(),
            }
        }
    };
    read().with_context(|| format!("{}: cannot be read", path.display()))
}
