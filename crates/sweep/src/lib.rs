//! Plan, trials, journal and results of a sweep.
//!
//! A [`Plan`] expands into an ordered list of [`Trial`]s, each with an identity. [`Output`] owns the
//! folder: an append-only journal with one line a finished trial, the tables in plan order,
//! and the manifest. [`run`](equipoise_experiment::run) takes the trials without a row through a [`FlowExecutor`].

mod account;
mod answers;
mod case;
mod caveats;
mod certify;
mod choose;
mod closed_loop;
mod cost;
mod error;
mod excess;
mod execute;
mod judge;
mod page;
mod pictures;
mod plan;
mod plan_file;
mod reduced_space;
mod results;
mod row;
mod standard;
#[cfg(test)]
mod tests;
mod trial;
mod why;

pub use caveats::{caveat, caveats};
pub use certify::{
    CERTIFICATE_CSV, Certified, CheapPrediction, Confusion, FlowCertifier, MeanFieldPrediction, Prediction,
    write_certificates,
};
pub use cost::Cost;
/// The folder of a sweep.
pub type Output = equipoise_experiment::Output<Trial>;

use equipoise_experiment::{
    Accelerator, Approach, BoxError, Boxed, CovarianceSettings, Flow, FlowRequest, Places, Protocol, SPACE,
    Source, Start,
};
#[cfg(test)]
use equipoise_experiment::{
    Build, Executor, Existing, JOURNAL, MANIFEST, Observer, Policy, PriorSource, Progress, Provenance,
    RESULTS_CSV, RESULTS_JSONL, Resume, SettingsChange, Summary, TIMINGS_CSV, Torn, run,
};

pub use error::{Error, Result};
pub use excess::{EXCESS_COLUMNS, EXCESS_TIMES, GuidanceCurves};
pub use execute::{CPU, FlowExecutor};
pub use page::write_page;
pub use pictures::Pictures;
pub use plan::{DatasetPlan, Plan};
pub use plan_file::SweepFile;
pub use reduced_space::ReducedRuns;
pub use row::Row;
pub use trial::Trial;
pub use why::write_why;
