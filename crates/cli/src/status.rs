//! `equipoise status DIR`: how far what runs in a folder is, told from its files alone.

mod folder;

use crate::format::{Format, duration};
use crate::output;
use crate::progress::pace;
use crate::running::Running;
use equipoise_report::{Cell, Table};
use folder::{State, Work};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Say how far the work in a folder is, from another shell or machine.
///
/// DIR is the folder of a sweep, benchmark, training or reconstruction, of several shards of one, or of the parts of a
/// fit. Nothing is written or locked,
/// so that it works while others write, on any machine that sees the folder. A process that is at work says so there
/// every ten seconds; one of another machine that has said nothing for a minute is shown as silent, one of this machine
/// that is no more as gone. Work that took less than two seconds leaves no word.
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
    /// What runs or ran there, one a shard.
    work: Vec<Work>,
    /// Of all shards, where there are several.
    all: Option<All>,
    /// Who works there, or has and did not end as it should.
    processes: Vec<Process>,
}

/// The sum over shards.
#[derive(Serialize)]
struct All {
    done: usize,
    total: usize,
    /// Units a second of all processes that run.
    rate: Option<f64>,
    /// Seconds that the slowest of them needs.
    left: Option<f64>,
}

/// A process by its last word.
#[derive(Serialize)]
struct Process {
    folder: PathBuf,
    #[serde(flatten)]
    running: Running,
    /// Seconds since its last word.
    age: f64,
    state: &'static str,
}

impl Status {
    fn of(folder: &Path) -> anyhow::Result<Self> {
        let shards = folder::shards(folder)?;
        let folders = if shards.is_empty() { vec![folder.to_owned()] } else { shards };
        let work = folders.iter().map(|folder| Work::of(folder)).collect::<anyhow::Result<Vec<_>>>()?;
        let processes: Vec<Process> = folders.iter().flat_map(|folder| Process::all(folder)).collect();
        let all = (work.len() > 1).then(|| All::of(&work));
        Ok(Self { work, all, processes })
    }

    fn sections(&self) -> Vec<(&'static str, Table)> {
        let columns = ["folder", "what", "done", "of", "state", "rate", "left", "last"];
        let rows = self.work.iter().map(Work::cells).chain(self.all.as_ref().map(All::cells));
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
    fn of(work: &[Work]) -> Self {
        let sum = |of: fn(&Work) -> Option<usize>| work.iter().filter_map(of).sum();
        let rates: Vec<f64> = work.iter().filter_map(|one| one.rate).collect();
        let left = work.iter().filter_map(|one| one.left).reduce(f64::max);
        let rate = (!rates.is_empty()).then(|| rates.iter().sum());
        Self { done: sum(|one| Some(one.done)), total: sum(|one| one.total), rate, left }
    }

    fn cells(&self) -> Vec<Cell> {
        let state = if self.done == self.total { "whole" } else { "" };
        let [done, total] = [self.done, self.total].map(Cell::from);
        let (rate, left) = (self.rate.map(pace).into(), self.left.map(duration).into());
        vec!["all".into(), Cell::Absent, done, total, state.into(), rate, left, Cell::Absent]
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
    fn all(folder: &Path) -> Vec<Self> {
        let one = |running: Running| {
            let (age, runs, here) = (running.age(), running.runs(), running.host == crate::running::host());
            let state = if runs {
                State::Runs.name()
            } else if here {
                "gone"
            } else {
                "silent"
            };
            Self { folder: folder.to_owned(), running, age, state }
        };
        Running::all(folder).into_iter().map(one).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        let Running { host, pid, done, total, units, rate, left, unit, .. } = &self.running;
        vec![
            u64::from(*pid).into(),
            host.as_str().into(),
            unit.as_str().into(),
            format!("{done}/{total} {units}").into(),
            self.state.into(),
            rate.map(pace).into(),
            left.map(duration).into(),
            format!("{} ago", duration(self.age)).into(),
        ]
    }
}
