//! `equipoise merge`: the folders of shards made into the one that a single run would have left.

use crate::format::Format;
use crate::{benchmark, output, sweep};
use anyhow::Context;
use equipoise_benchmark::Job;
use equipoise_experiment::{MANIFEST, Manifest, Merged, Output, Part, Work, parts};
use equipoise_report::{Column, Table};
use equipoise_sweep::Trial;
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Missing trials that are named one by one where they are not asked for as JSON.
const NAMED: usize = 10;

/// Merge the shards of a sweep or a benchmark.
///
/// Reads the rows of every DIR and of the shards in it (`shard-K-of-N`, `attempt-JOB-N/shard-K-of-N`), and writes tables, pages, pictures and
/// manifest as one run of the whole plan would have left them, the tables byte for byte. Nothing in the shards is
/// changed; they may be running. Merging again adds what has come since.
///
/// Rows of another plan, other data or another version are refused, and so are a trial's rows where they differ.
/// Missing trials are named, and are a fault unless --partial.
///
/// Units and space: rows stay as they are; the table counts them. docs/clusters.md
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders with rows, or with shards in them
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,

    /// The folder of the whole [default: the first DIR]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,

    /// Missing trials are no fault
    #[arg(long)]
    partial: bool,

    /// Rows of builds that may differ in their last bits are taken
    ///
    /// Other sources, kernels of BLAS, vector instructions or another backend; the column `build` tells the rows apart.
    #[arg(long)]
    unlike: bool,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Output")]
    format: Format,
}

/// Merges, and says what is missing.
///
/// # Errors
/// Folders that do not go together, and one that cannot be written; then nothing is changed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let out = arguments.out.as_ref().unwrap_or(&arguments.folders[0]);
    let mut folders = Vec::new();
    if out.join(MANIFEST).is_file() {
        folders.push(out.clone());
    }
    for folder in &arguments.folders {
        let found = parts(folder)?.into_iter().filter(|part| part != out);
        folders.extend(found);
    }
    let first = &folders[0];
    let files =
        Manifest::<serde_json::Value>::read(first)?.map(|manifest| manifest.files).unwrap_or_default();
    let of_benchmark = Job::TABLES.iter().all(|name| files.contains(*name));
    let told = if of_benchmark {
        merged(arguments, out, &folders, benchmark::merge)?
    } else {
        merged::<Trial>(arguments, out, &folders, sweep::merge)?
    };
    output::print_as(arguments.format, |to| told.write_text(to), &told, || told.table())?;
    Ok(told.ended(arguments.partial))
}

fn merged<W: Work>(
    arguments: &Arguments,
    out: &Path,
    folders: &[PathBuf],
    merge: impl FnOnce(&Path, Merged<W>) -> anyhow::Result<Output<W>>,
) -> anyhow::Result<Told> {
    let read = folders.iter().map(|folder| Part::<W>::read(folder)).collect::<Result<Vec<_>, _>>()?;
    let merged = Merged::of(read, arguments.unlike)?;
    let shares = merged.parts().iter().map(Share::of).collect();
    let output = merge(out, merged).with_context(|| format!("merging into {}", out.display()))?;
    let missing: Vec<String> = output.pending().into_iter().map(ToString::to_string).collect();
    let rows = output.trials().len() - missing.len();
    Ok(Told { folder: out.to_owned(), trials: output.trials().len(), rows, shares, missing })
}

/// What was merged.
#[derive(Serialize)]
struct Told {
    folder: PathBuf,
    trials: usize,
    rows: usize,
    shares: Vec<Share>,
    /// In the order of the plan.
    missing: Vec<String>,
}

/// One folder that rows came from.
#[derive(Serialize)]
struct Share {
    shard: Option<String>,
    #[serde(skip)]
    place: Option<(usize, usize)>,
    folder: PathBuf,
    rows: usize,
    /// Trials that are its.
    trials: usize,
}

impl Share {
    fn of<W: Work>(part: &Part<W>) -> Self {
        let shard = part.manifest().provenance.shard;
        Self {
            shard: shard.map(|shard| shard.to_string()),
            place: shard.map(|shard| (shard.index(), shard.of())),
            folder: part.folder().to_owned(),
            rows: part.rows(),
            trials: part.manifest().total,
        }
    }
}

impl Told {
    fn table(&self) -> Table {
        let columns = [
            Column::new("shard", "", |share: &Share| share.shard.clone()),
            Column::new("folder", "", |share: &Share| share.folder.display().to_string()),
            Column::new("rows", "", |share: &Share| share.rows),
            Column::new("trials", "", |share: &Share| share.trials),
        ];
        Table::of(&columns, &self.shares)
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        self.table().write_text(to, "  ")?;
        writeln!(
            to,
            "{} of {} trials have rows; results in {}",
            self.rows,
            self.trials,
            self.folder.display()
        )
    }

    /// Shards, of those that there must be, without a folder or with too few rows in any.
    fn behind(&self) -> Vec<String> {
        let mut behind = Vec::new();
        let mut counts: Vec<usize> = self.shares.iter().filter_map(|share| Some(share.place?.1)).collect();
        counts.sort_unstable();
        counts.dedup();
        for of in counts {
            for index in 1..=of {
                let folders = self.shares.iter().filter(|share| share.place == Some((index, of)));
                match folders.map(|share| (share.trials.saturating_sub(share.rows), share.trials)).min() {
                    None => behind.push(format!("shard {index}/{of} (no folder)")),
                    Some((0, _)) => {}
                    Some((left, trials)) => behind.push(format!("shard {index}/{of} ({left} of {trials})")),
                }
            }
        }
        behind
    }

    /// The exit status, with a caution where trials are missing.
    fn ended(&self, partial: bool) -> ExitCode {
        if self.missing.is_empty() {
            return ExitCode::SUCCESS;
        }
        let (count, behind) = (self.missing.len(), self.behind());
        let of = if behind.is_empty() { String::new() } else { format!(" of {}", behind.join(", ")) };
        caution!("missing: {count} of {} trials{of}", self.trials);
        self.missing.iter().take(NAMED).for_each(|trial| caution!("  {trial}"));
        if count > NAMED {
            caution!("  and {} more, which --format json names", count - NAMED);
        }
        if partial { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
