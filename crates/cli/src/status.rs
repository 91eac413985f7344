//! `equipoise status DIR`: how far what runs in a folder is, told from its files alone.

mod folder;

use crate::format::{Format, duration};
use crate::output;
use crate::progress::pace;
use equipoise_experiment::{Holder, Shard, Standing, Word, holders, parts};
use equipoise_report::{Cell, Table};
use folder::{State, Work};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Say how far the work in a folder is, from another shell or machine.
///
/// DIR is the folder of a sweep, benchmark, training or reconstruction, of shards of one (`shard-K-of-N`,
/// `attempt-JOB-N/shard-K-of-N`), or of the parts of a fit. Nothing is written or locked, so that it works while others
/// write, on any machine that sees the folder. A process that is at work says so in its lease there every ten seconds;
/// one of another machine that has said nothing for two minutes is shown as silent, one of this machine that is no more
/// as gone: its work can be taken up by the same call with --resume. A shard counts by the attempt that has the most.
///
/// Units and space: times in seconds, rates in units a second of the process that runs; nothing of a field is shown.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, conflicts_with = "json")]
    format: Format,

    /// The same as --format json
    #[arg(long)]
    json: bool,
}

/// Prints what a folder tells.
///
/// # Errors
/// A folder that is not there, holds no work of this program, or a file in it that cannot be read.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let status = Status::of(&arguments.folder)?;
    let format = if arguments.json { Format::Json } else { arguments.format };
    output::print_sections(format, &status.sections(), &status)
}

/// Everything that is said of a folder.
#[derive(Serialize)]
struct Status {
    /// What runs or ran there: the folder itself, and every attempt at a shard.
    work: Vec<Work>,
    /// Of all shards, where there are any, for every N of their names.
    all: Vec<All>,
    /// Who works there, or has and did not end as it should.
    processes: Vec<Process>,
}

/// The sum over the shards `K/N` of one N, each by the attempt that has the most.
#[derive(Serialize)]
struct All {
    /// N.
    shards: usize,
    /// Shards that have a folder.
    begun: usize,
    done: usize,
    /// Absent while shards have no folder, which would say.
    total: Option<usize>,
    /// Units a second of all processes that run.
    rate: Option<f64>,
    /// Seconds that the slowest of them needs.
    left: Option<f64>,
}

/// A process by its lease.
#[derive(Serialize)]
struct Process {
    folder: PathBuf,
    host: String,
    pid: u32,
    /// When it took the folder.
    since: String,
    #[serde(flatten)]
    word: Option<Word>,
    /// Seconds since its last sign of life.
    age: f64,
    state: &'static str,
}

impl Status {
    fn of(folder: &Path) -> anyhow::Result<Self> {
        // What has no manifest is no sweep or benchmark, and no shard that has begun.
        let folders = parts(folder).unwrap_or_else(|_| vec![folder.to_owned()]);
        let work = folders.iter().map(|folder| Work::of(folder)).collect::<anyhow::Result<Vec<_>>>()?;
        let processes: Vec<Vec<Process>> =
            folders.iter().map(|folder| Process::all(folder)).collect::<anyhow::Result<_>>()?;
        let mut counts: Vec<usize> = work.iter().filter_map(|one| Some(one.shard?.of())).collect();
        counts.sort_unstable();
        counts.dedup();
        // A folder that is a shard itself has nothing to be summed.
        let all = counts.into_iter().filter(|_| folders != [folder]).map(|of| All::of(of, &work)).collect();
        Ok(Self { work, all, processes: processes.into_iter().flatten().collect() })
    }

    fn sections(&self) -> Vec<(&'static str, Table)> {
        let columns = ["folder", "what", "done", "of", "state", "rate", "left", "last"];
        let rows = self.work.iter().map(Work::cells).chain(self.all.iter().map(All::cells));
        let holders = ["process", "host", "at work on", "done", "state", "rate", "left", "last word"];
        let mut sections = vec![("work", Table::new(columns, rows.collect()))];
        if !self.processes.is_empty() {
            let processes = self.processes.iter().map(Process::cells).collect();
            sections.push(("processes", Table::new(holders, processes)));
        }
        sections
    }
}

impl All {
    fn of(shards: usize, work: &[Work]) -> Self {
        let attempts = |index| work.iter().filter(move |one| one.shard == Shard::new(index, shards));
        let best: Vec<&Work> =
            (1..=shards).filter_map(|index| attempts(index).max_by_key(|one| one.done)).collect();
        // Of the attempts at a shard that run, which may be two where a node was taken for lost, the first to end counts.
        let runs = (1..=shards).filter_map(|index| {
            attempts(index).filter(|one| one.state == State::Runs).max_by_key(|one| one.done)
        });
        let (rates, left): (Vec<_>, Vec<_>) = runs.map(|one| (one.rate, one.left)).unzip();
        let rate = rates.into_iter().flatten().reduce(|a, b| a + b);
        let left = left.into_iter().flatten().reduce(f64::max);
        let total = if best.len() == shards { best.iter().map(|one| one.total).sum() } else { None };
        Self { shards, begun: best.len(), done: best.iter().map(|one| one.done).sum(), total, rate, left }
    }

    fn cells(&self) -> Vec<Cell> {
        let Self { shards, begun, done, total, .. } = *self;
        let what =
            if begun == shards { Cell::Absent } else { format!("{begun} of {shards} have begun").into() };
        let state = if total == Some(done) { "whole" } else { "" };
        let (rate, left) = (self.rate.map(pace).into(), self.left.map(duration).into());
        let name = format!("all {shards} shards");
        vec![name.into(), what, done.into(), total.into(), state.into(), rate, left, Cell::Absent]
    }
}

impl Work {
    fn cells(&self) -> Vec<Cell> {
        let ago = |age| format!("{} ago", duration(age));
        vec![
            self.folder.display().to_string().into(),
            self.what.as_str().into(),
            self.done.into(),
            self.total.into(),
            self.state.name().into(),
            self.rate.map(pace).into(),
            self.left.map(duration).into(),
            self.age.map(ago).into(),
        ]
    }
}

impl Process {
    fn all(folder: &Path) -> anyhow::Result<Vec<Self>> {
        let one = |holder: Holder| Self {
            folder: folder.to_owned(),
            host: holder.host().to_owned(),
            pid: holder.pid(),
            since: holder.since().to_owned(),
            word: holder.word().cloned(),
            age: holder.silence().as_secs_f64(),
            state: match holder.standing() {
                Standing::Runs => State::Runs.name(),
                Standing::Silent => "silent",
                Standing::Gone => "gone",
            },
        };
        Ok(holders(folder)?.into_iter().map(one).collect())
    }

    fn cells(&self) -> Vec<Cell> {
        let word = self.word.as_ref();
        vec![
            u64::from(self.pid).into(),
            self.host.as_str().into(),
            word.map(|word| word.unit.clone()).into(),
            word.map(|Word { done, total, units, .. }| format!("{done}/{total} {units}")).into(),
            self.state.into(),
            word.and_then(|word| word.rate).map(pace).into(),
            word.and_then(|word| word.left).map(duration).into(),
            format!("{} ago", duration(self.age)).into(),
        ]
    }
}
