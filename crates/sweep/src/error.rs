//! What can go wrong between a plan and its results.

use std::path::PathBuf;

/// The result of this crate's fallible calls.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of the plan, the output folder or a trial. A diverged trial is a row, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, a flow, the folder of results.
    #[error(transparent)]
    Experiment(#[from] equipoise_experiment::Error),
    /// A trial of a backend that is not here or has no steps for it.
    #[error("found no steps for this trial on the backend `{backend}` that its identity names")]
    Backend {
        /// The backend.
        backend: String,
    },
    /// A plan's file cannot be read.
    #[error("{}: cannot read", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A plan's file is none.
    #[error("{}: not a plan of a sweep", path.display())]
    PlanFile {
        /// The file.
        path: PathBuf,
        /// The place in it, what was found and what expected.
        source: Box<toml::de::Error>,
    },
    /// A plan cannot be written as TOML.
    #[error("{}: cannot be written as TOML", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// The writer's reason.
        source: Box<toml::ser::Error>,
    },
    /// Settings of a flow of a plan's file that do not go together.
    #[error("plan, dataset `{dataset}`: found {found}, expected {expected}")]
    FlowFile {
        /// The dataset.
        dataset: String,
        /// What the file says.
        found: String,
        /// What goes together.
        expected: &'static str,
    },
    /// A file that is not the one that a plan was made with.
    #[error("dataset `{dataset}`, {field}: found {found}, expected {expected} as the plan says")]
    OtherFile {
        /// The dataset.
        dataset: String,
        /// The checksum.
        field: &'static str,
        /// The file's.
        found: String,
        /// The plan's.
        expected: String,
    },
    /// A picture or the report.
    #[error(transparent)]
    Report(#[from] equipoise_report::ReportError),
}
