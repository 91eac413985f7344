//! What can go wrong between a plan and its results.

use equipoise_experiment::BoxError;

/// The result of this crate's fallible calls.
pub type Result<T> = std::result::Result<T, Error>;

/// A fault of the plan, the output folder or a trial. A diverged trial is a row, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting, a flow, the folder of results.
    #[error(transparent)]
    Experiment(#[from] equipoise_experiment::Error),
    /// A field that the prior cannot show.
    #[error(transparent)]
    Prior(#[from] equipoise_prior::PriorError),
    /// Two trials of the plan are the same.
    #[error("plan: the trial `{trial}` occurs twice; a list of the plan repeats an entry")]
    RepeatedTrial {
        /// The trial in words.
        trial: String,
    },
    /// A trial of a backend that is not here or has no steps for it.
    #[error("found no steps for this trial on the backend `{backend}` that its identity names")]
    Backend {
        /// The backend.
        backend: String,
    },
    /// A picture or the report.
    #[error(transparent)]
    Report(#[from] equipoise_report::ReportError),
    /// A diagnostic of a picture.
    #[error(transparent)]
    Metrics(#[from] equipoise_metrics::MetricsError),
    /// A picture's field.
    #[error(transparent)]
    Data(#[from] equipoise_data::DataError),
}

impl Error {
    /// The fault of a trial, by its words.
    pub(crate) fn trial(trial: impl ToString) -> impl FnOnce(BoxError) -> Self {
        move |source| equipoise_experiment::Error::Trial { trial: trial.to_string(), source }.into()
    }

    /// The fault of a dataset, by its name.
    pub(crate) fn flow<E: Into<BoxError>>(dataset: &str) -> impl FnOnce(E) -> Self {
        move |source| {
            equipoise_experiment::Error::Flow { dataset: dataset.to_owned(), source: source.into() }.into()
        }
    }
}
