//! What every experiment on a flow shares: the flow, its observations, its runs, and the folder of results.
//!
//! A [`Flow`] is a truth with its prior; a [`Problem`] is a flow under one operator. A [`Setup`] names a schedule,
//! a grid and a sampler and is built into a [`Course`] once, which [binds](Course::inference) a problem to an
//! [`Inference`](equipoise_solver::Inference). An [`Approach`] is a method with its law, and [`Base`] what the law
//! scales. An [`Output`] owns a folder: an append-only [`Journal`] with one line a finished unit of work, and the
//! [`Manifest`]; its [`Lease`] is of one process at a time.

mod accelerator;
mod approach;
mod build;
mod course;
mod denoisers;
mod error;
mod flow;
mod flows;
mod folder;
mod journal;
mod judge;
mod known;
mod lattice;
mod lease;
mod line;
mod machine;
mod manifest;
mod merge;
mod noise;
pub mod number;
mod output;
mod page;
mod plan_file;
mod problem;
mod range;
mod replace;
mod run;
mod segment;
mod shard;
mod source;
mod start;
mod strength;
#[cfg(test)]
mod tests;
pub mod text;
mod view;

pub use accelerator::{Accelerator, Places};
pub use approach::{Approach, law, traced};
pub use build::Build;
pub use course::{Course, Setup};
pub use error::{BoxError, Boxed, Error, Result};
pub use flow::{Flow, FlowRequest, PriorSource, SettingsChange};
pub use flows::Flows;
pub use folder::{
    Existing, JOURNAL, PLAN_TOML, REPORT, RESULTS_CSV, RESULTS_JSONL, Resume, TIMINGS_CSV, check_free,
    occupied,
};
pub use journal::{Aside, Journal, Record, Records, Reopened, Torn};
pub use judge::{Beside, Reference, pooled, widened};
pub use known::{Known, Moments};
pub use lattice::lattice;
pub use lease::{Holder, Lease, Standing, Voice, Word, holders, host};
pub use line::{Kind, SECONDS, fields_of, table_of, untimed};
pub use machine::{Machine, rfc3339};
pub use manifest::{MANIFEST, Manifest, Provenance, Share};
pub use merge::{Merged, Part, parts};
pub use noise::Noise;
pub use output::Output;
pub use page::{caption, distinct, exploded, grouped, note, states, verdict};
pub use plan_file::{Case, Covariance, EMBEDDED, FlowFile, Label, PlanFile, Protocol, Seed, requests};
pub use problem::{Problem, Shared, conditional, member};
pub use range::{filled, require};
pub use replace::{replace, write_table};
pub use run::{Executor, Observer, Policy, Progress, Summary, Work, identities, run};
pub use segment::Segment;
pub use shard::Shard;
pub use source::{CovarianceSettings, ModelName, Precision, Source, Units};
pub use start::Start;
pub use strength::{Base, Scaled, Seen, counts};
pub use view::{LIMIT_QUANTILE, Labelled, Planes, UNIT, View, planes, spread};

/// The space of every number of a row whose column does not say otherwise.
pub const SPACE: &str = "normalised";
