//! Plan, trials, journal and results of a sweep.
//!
//! A [`Plan`] expands into an ordered list of [`Trial`]s, each with an identity. [`Output`] owns the
//! folder: an append-only journal with one line a finished trial, the results table in plan order,
//! and the manifest. [`run`] takes the trials without a row through an [`Executor`].

mod accelerator;
mod account;
mod answers;
mod approach;
mod archive;
mod build;
mod caveats;
mod certify;
mod choose;
mod closed_loop;
mod cost;
mod denoisers;
mod error;
mod excess;
mod execute;
mod flow;
mod folder;
mod journal;
mod judge;
mod known;
mod machine;
mod manifest;
mod noise;
pub mod number;
mod output;
mod page;
mod pictures;
mod plan;
mod problem;
mod reduced_space;
mod replace;
mod results;
mod row;
mod run;
mod segment;
mod standard;
mod trial;
mod why;

pub use accelerator::{Accelerator, Places};
pub use approach::{Approach, law};
pub use archive::{Archive, Existing, RESULTS_JSONL, check_free};
pub use build::Build;
pub use caveats::{caveat, caveats};
pub use certify::{
    CERTIFICATE_CSV, Certified, CheapPrediction, Confusion, FlowCertifier, MeanFieldPrediction, Prediction,
    write_certificates,
};
pub use choose::conditional;
pub use cost::Cost;
pub use error::{BoxError, Error, Result};
pub use excess::{EXCESS_COLUMNS, EXCESS_TIMES, GuidanceCurves};
pub use execute::{CPU, FlowExecutor};
pub use flow::{Flow, FlowRequest, PriorSource, SettingsChange};
pub use journal::{Journal, Record, Torn};
pub use known::{posterior_stream, posterior_variance};
pub use machine::{Machine, rfc3339};
pub use manifest::{MANIFEST, Manifest, Provenance};
pub use noise::Noise;
pub use output::{Output, RESULTS_CSV};
pub use page::write_page;
pub use pictures::Pictures;
pub use plan::{DatasetPlan, Plan, Protocol, Source};
pub use reduced_space::ReducedRuns;
pub use row::{Outcome, Row, SPACE};
pub use run::{Executor, Observer, Policy, Progress, Summary, run};
pub use segment::Segment;
pub use trial::{CovarianceSettings, Start, Trial};
pub use why::write_why;
