//! `equipoise slurm`: the scripts that carry a sweep or a benchmark out as an array of Slurm.

mod script;

use crate::existing::Force;
use crate::failure::usage;
use crate::number::count;
use crate::{Verb, destination, help, output};
use anyhow::Context;
use clap::FromArgMatches;
use equipoise_report::write_atomically;
use script::{ARRAY, MERGE, SUBMIT, Script};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write the scripts that carry a sweep or a benchmark out as an array of Slurm.
///
/// Nothing is submitted: the line printed does that. Each task of the array is a shard; every attempt at it has a folder
/// of its own below --out, and goes on from the rows of those before it. A second job merges them when all have ended,
/// and fails where trials are missing. A task that is near its limit of time finishes what is under way and puts itself
/// back. Submitted again, the scripts do what is still missing. docs/clusters.md
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Shards, each a task of the array
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    shards: usize,

    /// Tasks that run at a time, at most [default: as many as Slurm likes]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    at_once: Option<usize>,

    /// Processors of a task, and its threads
    #[arg(long, value_name = "N", default_value = "1", value_parser = count, allow_negative_numbers = true)]
    cpus: usize,

    /// Limit of time of a task, as sbatch takes it [default: the partition's]
    #[arg(long, value_name = "LIMIT")]
    time: Option<String>,

    /// Seconds before the limit when a task is told to finish
    ///
    /// More than the longest trial takes; Slurm looks at limits about every half minute.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = count, allow_negative_numbers = true)]
    grace: usize,

    /// A further option of sbatch, such as --partition=NAME; may be repeated
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    sbatch: Vec<String>,

    /// A line of bash to run first in every job (`module load …`); repeatable
    #[arg(long, value_name = "LINE")]
    setup: Vec<String>,

    /// A folder on the node to work in, such as '$TMPDIR'
    ///
    /// The node expands variables. What a task has done is copied to its folder below --out when it ends; rows that are
    /// not copied are lost with the node. For shared file systems on which many small writes are slow.
    #[arg(long, value_name = "DIR")]
    scratch: Option<String>,

    /// Nodes may have unlike processors: go on and merge over unlike builds
    ///
    /// The column `build` tells their rows apart, whose last bits may differ.
    #[arg(long)]
    unlike: bool,

    /// The folder of scripts and logs [default: slurm below --out of the call]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    scripts: Option<PathBuf>,

    #[command(flatten)]
    force: Force,

    /// After --: the call of sweep or benchmark, without --shard and --resume
    #[arg(last = true, required = true, value_name = "CALL")]
    call: Vec<OsString>,
}

/// Writes the scripts.
///
/// # Errors
/// Bad usage, also of the call; a folder that cannot be written, or scripts that stand there, without `--force`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let out = asked(&arguments.call)?;
    let here = std::env::current_dir().context("the folder of the call")?;
    let out = here.join(out);
    let scripts = arguments.scripts.as_ref().map_or_else(|| out.join("slurm"), |folder| here.join(folder));
    let script = Script {
        program: std::env::current_exe().context("the path of this program")?,
        call: called(&arguments.call)?,
        folder: here,
        out,
        scripts,
        arguments,
    };
    let folder = &script.scripts;
    destination::folder(folder)?;
    let files = [(ARRAY, script.array()?), (MERGE, script.merge()?), (SUBMIT, script.submit()?)];
    arguments.force.check(files.iter().map(|(name, _)| folder.join(name)))?;
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, text) in &files {
        write_atomically(&folder.join(name), text.as_bytes())?;
    }
    note!("{} shards; scripts in {}; this submits them:", arguments.shards, folder.display());
    output::print(|to| Ok(writeln!(to, "bash {}", script::quoted_path(&folder.join(SUBMIT))?)?))
}

/// The folder of results of the call, which must be one that a shard can carry out.
fn asked(call: &[OsString]) -> anyhow::Result<PathBuf> {
    let words = [OsString::from("equipoise")].into_iter().chain(call.iter().cloned());
    let (words, _) = crate::renamed::current(words);
    let whole = crate::Arguments::from_arg_matches(&help::command().try_get_matches_from(words)?)?;
    let running = match &whole.verb {
        Verb::Sweep(asked) => &asked.running,
        Verb::Benchmark(asked) => &asked.running,
        _ => return Err(usage("after --: found another verb, expected sweep or benchmark")),
    };
    if running.shard.is_some() || running.rule.is_given() {
        return Err(usage(
            "after --: found --shard, --resume or --force, expected none: every task has its own",
        ));
    }
    Ok(running.out.clone())
}

/// The words of the call but for `--out`, which every task has its own of.
fn called(call: &[OsString]) -> anyhow::Result<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = call.iter();
    while let Some(word) = rest.next() {
        let text = word.to_str().ok_or_else(|| usage("after --: found a word that is no Unicode text"))?;
        if text == "--out" {
            rest.next();
        } else if !text.starts_with("--out=") {
            words.push(text.to_owned());
        }
    }
    Ok(words)
}

/// The folder of the shards as scripts name it.
pub(crate) fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().with_context(|| format!("{}: found a name that is no Unicode text", path.display()))
}
