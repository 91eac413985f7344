//! What can go wrong between a plan and its leaderboard.

use equipoise_experiment::BoxError;

/// The result of this crate's fallible calls.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of the plan, the data or the folder. An exploding run is a row, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scene that cannot be made.
    #[error("dataset `{dataset}`")]
    Scene {
        /// The dataset.
        dataset: String,
        /// What is wrong.
        source: BoxError,
    },
    /// A field of another length than the prior's.
    #[error("dataset `{dataset}`, {field}: found length {found}, expected {expected}")]
    Length {
        /// The dataset.
        dataset: String,
        /// The field.
        field: &'static str,
        /// Its length.
        found: usize,
        /// The length expected.
        expected: usize,
    },
    /// A validation truth that is not independent of the test truth.
    #[error("dataset `{dataset}`, validation truth: found {found}, expected one apart from the test truth")]
    NotApart {
        /// The dataset.
        dataset: String,
        /// What both share.
        found: String,
    },
    /// A dataset of the plan without a scene.
    #[error("dataset `{dataset}` is not among the scenes")]
    UnknownDataset {
        /// Its name.
        dataset: String,
    },
    /// Two jobs of the plan are the same.
    #[error("plan: `{job}` occurs twice; a list of the plan repeats an entry")]
    RepeatedJob {
        /// The job in words.
        job: String,
    },
    /// A job could not be carried out.
    #[error("{job}")]
    Job {
        /// The job in words.
        job: String,
        /// The reason.
        source: BoxError,
    },
    /// The results folder.
    #[error(transparent)]
    Folder(#[from] equipoise_experiment::Error),
    /// The page.
    #[error(transparent)]
    Report(#[from] equipoise_report::ReportError),
}
