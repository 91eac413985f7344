//! Which part of a plan a process carries out.

use equipoise_experiment::{Shard, Work};
use std::path::{Path, PathBuf};

/// All of a plan, or one of its shards.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Part {
    /// One of N parts of the plan, in a folder of its own below --out
    ///
    /// Its rows are in `shard-K-of-N`, without pages; `equipoise merge` makes of all of them what a single call would
    /// have left. Every process must be told the same N. docs/clusters.md
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,
}

impl Part {
    /// The shard, where it is one.
    pub(crate) fn shard(&self) -> Option<Shard> {
        self.shard
    }

    /// The folder of its results.
    pub(crate) fn folder(&self, out: &Path) -> PathBuf {
        self.shard.map_or_else(|| out.to_owned(), |shard| shard.folder(out))
    }

    /// Its trials.
    pub(crate) fn take<W: Work>(&self, trials: Vec<W>, weight: impl Fn(&W) -> f64) -> Vec<W> {
        let Some(shard) = self.shard else { return trials };
        let (all, mine) = (trials.len(), shard.take(trials, weight));
        note!("shard {shard}: {} of {all} trials", mine.len());
        mine
    }
}
