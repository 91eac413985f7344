//! Where many trials run, which of them a process carries out, and what becomes of results that are there.

use crate::destination;
use crate::existing::Rule;
use crate::format::Format;
use crate::number::count;
use crate::threads::use_threads;
use equipoise_experiment::{Existing, Shard, Work, check_free};
use std::path::PathBuf;

/// The folder, its rule and the part of the plan; whoever flattens it says the folder's default.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Running {
    /// Threads; only seconds depend on them [default: all of the machine]
    #[arg(long, value_parser = count, allow_negative_numbers = true)]
    threads: Option<usize>,

    /// The folder of the results
    #[arg(long, value_name = "DIR", required = false)]
    pub(crate) out: PathBuf,

    /// One of N parts of the plan, in a folder of its own below --out
    ///
    /// Its rows are in `shard-K-of-N`, without pages; `equipoise merge` makes of all of them what a single call would
    /// have left. Every process must be told the same N. docs/clusters.md
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,

    #[command(flatten)]
    pub(crate) rule: Rule,

    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

impl Running {
    /// The folder of the results, which may be written, and what becomes of those in it; threads are there then.
    ///
    /// # Errors
    /// A folder that has results and no flag that says what becomes of them, or that cannot be written.
    pub(crate) fn begin(&self) -> anyhow::Result<(PathBuf, Existing)> {
        let folder = self.shard.map_or_else(|| self.out.clone(), |shard| shard.folder(&self.out));
        let rule = self.rule.existing();
        check_free(&folder, rule)?;
        destination::folder(&folder)?;
        use_threads(self.threads)?;
        Ok((folder, rule))
    }

    /// Its trials.
    pub(crate) fn take<W: Work>(&self, trials: Vec<W>, weight: impl Fn(&W) -> f64) -> Vec<W> {
        let Some(shard) = self.shard else { return trials };
        let (all, mine) = (trials.len(), shard.take(trials, weight));
        note!("shard {shard}: {} of {all} trials", mine.len());
        mine
    }
}
