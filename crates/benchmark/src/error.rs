//! What can go wrong between a plan and its leaderboard.

/// The result of this crate's fallible calls.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of the plan, the data or the folder. An exploding run is a row, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A validation truth that is not independent of the test truth.
    #[error("dataset `{dataset}`, validation truth: found {found}, expected one apart from the test truth")]
    NotApart {
        /// The dataset.
        dataset: String,
        /// What both share.
        found: String,
    },
    /// The plan, a flow, a job, the folder of results.
    #[error(transparent)]
    Experiment(#[from] equipoise_experiment::Error),
}
