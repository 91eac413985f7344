//! What can go wrong with a training.

use equipoise_data::DataError;
use equipoise_denoiser::DenoiserError;
use equipoise_network::NetworkError;
use equipoise_prior::PriorError;
use equipoise_weights::WeightsError;
use std::path::PathBuf;

/// What comes of work that may fail with a [`TrainingError`].
pub type Result<T, E = TrainingError> = std::result::Result<T, E>;

/// A training that cannot begin, go on or be kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The Gaussian beside the network.
    #[error(transparent)]
    Prior(#[from] PriorError),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The Wiener filter.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// A checkpoint.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A file that cannot be read or written.
    #[error("{path}", path = .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A configuration that is no TOML, or holds values of other types.
    #[error("{path}", path = .path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with line and column.
        source: Box<toml::de::Error>,
    },
    /// A record of a training that is not as this version writes it.
    #[error("{path}", path = .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An entry of a configuration that is not as it may be.
    #[error("{field}: found {found}, expected {expected}")]
    Config {
        /// The entry, `section.name`.
        field: String,
        /// What it says.
        found: String,
        /// What it may say.
        expected: String,
    },
    /// A folder that belongs to another training.
    #[error("{path}: {field}: found {found}, expected {expected}: the folder belongs to another training", path = .path.display())]
    Belongs {
        /// The folder.
        path: PathBuf,
        /// What differs.
        field: String,
        /// What is asked for.
        found: String,
        /// What the folder was made with.
        expected: String,
    },
    /// A folder that is not empty, where a training is to begin.
    #[error("{path}: found a folder that is not empty; --resume continues a training, or name another", path = .path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A checkpoint that does not hold what it must.
    #[error("{path}, {field}: found {found}, expected {expected}", path = .path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// The tensor.
        field: String,
        /// What stands there.
        found: String,
        /// What must.
        expected: String,
    },
    /// A step whose loss or gradient is no number; the last checkpoint is kept.
    #[error(
        "step {step}, {what}: found {found}, expected a finite number: the training has diverged; the last checkpoint is kept"
    )]
    Diverged {
        /// The step, counted from 1.
        step: u64,
        /// Loss or gradient.
        what: &'static str,
        /// The number.
        found: f64,
    },
    /// Numbers of another length.
    #[error(transparent)]
    Length(#[from] equipoise_field::Length),
}

/// An entry that is not as it may be.
pub(crate) fn fault(field: &str, found: impl ToString, expected: impl Into<String>) -> TrainingError {
    TrainingError::Config { field: field.to_owned(), found: found.to_string(), expected: expected.into() }
}
