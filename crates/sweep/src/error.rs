//! What can go wrong between a plan and its results.

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
    /// A picture or the report.
    #[error(transparent)]
    Report(#[from] equipoise_report::ReportError),
}
