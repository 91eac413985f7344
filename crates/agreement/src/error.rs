//! What can go wrong before or while a dataset is computed again.

use equipoise_guidance::GuidanceError;
use equipoise_network::NetworkError;
use equipoise_sampler::SamplerError;
use equipoise_schedule::ScheduleError;
use equipoise_training::TrainingError;
use equipoise_weights::WeightsError;
use std::path::PathBuf;

/// What comes of work that may fail with a [`AgreementError`].
pub type Result<T, E = AgreementError> = std::result::Result<T, E>;

/// A file of values that cannot be read, or a dataset that cannot be computed from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// A file that cannot be opened or read.
    #[error("{}: found {found}, expected an HDF5 file of values", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What stands there.
        found: String,
    },
    /// A file of values that no network belongs to.
    #[error("{}: {what}", .path.display())]
    Elsewhere {
        /// The file.
        path: PathBuf,
        /// What it holds.
        what: &'static str,
    },
    /// A file without a value that could be compared.
    #[error("{}: found no computed value among {found} datasets, expected names such as {expected}", .path.display())]
    Nothing {
        /// The file.
        path: PathBuf,
        /// Its datasets.
        found: usize,
        /// Names that are known.
        expected: &'static str,
    },
    /// A dataset that is not in the file or cannot be read.
    #[error("dataset {dataset}: {detail}")]
    Dataset {
        /// Its path.
        dataset: String,
        /// What HDF5 says.
        detail: String,
    },
    /// A dataset of a shape that does not go with the others or with the network.
    #[error("dataset {dataset}: found shape {found:?}, expected {expected}")]
    Shape {
        /// Its path.
        dataset: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that it must have.
        expected: String,
    },
    /// A dataset with an entry that is no finite number.
    #[error("dataset {dataset}, entry {index}: found {value}, expected a finite number")]
    NotFinite {
        /// Its path.
        dataset: String,
        /// The first such entry.
        index: usize,
        /// What stands there.
        value: f64,
    },
    /// An attribute that neither the dataset nor a group above it has.
    #[error("attribute {name} of {dataset}: not on it, nor on a group above it")]
    NoAttribute {
        /// The dataset or group.
        dataset: String,
        /// The attribute.
        name: &'static str,
    },
    /// An attribute that says something else than it must.
    #[error("attribute {name} of {dataset}: found {found}, expected {expected}")]
    Attribute {
        /// The dataset or group.
        dataset: String,
        /// The attribute.
        name: &'static str,
        /// What it says.
        found: String,
        /// What it may say.
        expected: &'static str,
    },
    /// A value of another kind of network than the one that was read.
    #[error("found a network of {found}, expected one of {expected}")]
    Kind {
        /// The network's kind.
        found: &'static str,
        /// The kind that the value is of.
        expected: &'static str,
    },
    /// A run that did not come to its end.
    #[error("run {name}: diverged at t = {t}, {non_finite} entries are not finite")]
    Diverged {
        /// The run.
        name: String,
        /// The time of the last state.
        t: f64,
        /// Entries of it that are not finite.
        non_finite: usize,
    },
    /// Weights that cannot be read.
    #[error(transparent)]
    Weights(Box<WeightsError>),
    /// A network that cannot be built or run.
    #[error(transparent)]
    Network(Box<NetworkError>),
    /// Windows that cannot be composed.
    #[error(transparent)]
    Composition(#[from] equipoise_composition::CompositionError),
    /// Parts that do not go together, such as an observation and its operator.
    #[error(transparent)]
    Observation(#[from] equipoise_observation::ObservationError),
    /// A subsampling that the grid does not have.
    #[error(transparent)]
    Operator(#[from] equipoise_operator::OperatorError),
    /// A schedule that cannot be made.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The denoiser failed.
    #[error(transparent)]
    Denoiser(#[from] equipoise_denoiser::DenoiserError),
    /// The guidance failed.
    #[error(transparent)]
    Guidance(#[from] GuidanceError),
    /// The sampler failed.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// A step of training failed.
    #[error(transparent)]
    Training(Box<TrainingError>),
}

impl AgreementError {
    /// An attribute that says something else than it must.
    pub(crate) fn attribute(
        dataset: &str,
        name: &'static str,
        found: String,
        expected: &'static str,
    ) -> Self {
        Self::Attribute { dataset: dataset.into(), name, found, expected }
    }
}

impl From<WeightsError> for AgreementError {
    fn from(error: WeightsError) -> Self {
        Self::Weights(Box::new(error))
    }
}

impl From<NetworkError> for AgreementError {
    fn from(error: NetworkError) -> Self {
        Self::Network(Box::new(error))
    }
}

impl From<TrainingError> for AgreementError {
    fn from(error: TrainingError) -> Self {
        Self::Training(Box::new(error))
    }
}
