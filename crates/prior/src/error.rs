//! What can go wrong with a prior.

use equipoise_composition::CompositionError;
use equipoise_covariance::CovarianceError;
use equipoise_data::DataError;
use equipoise_denoiser::DenoiserError;
use equipoise_locality::LocalityError;
use equipoise_markov::MarkovError;
use equipoise_metrics::MetricsError;
use equipoise_network::NetworkError;
use equipoise_served::ServedError;
#[cfg(test)]
use std::error::Error;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// What comes of work that may fail with a [`PriorError`].
pub type Result<T, E = PriorError> = std::result::Result<T, E>;

/// A prior that cannot be fitted, saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PriorError {
    /// The data or the file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A grid that cannot be differentiated on.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The covariance.
    #[error("prior from {}", path.display())]
    Covariance {
        /// The training file or the prior's file.
        path: PathBuf,
        /// What is wrong.
        source: CovarianceError,
    },
    /// Something of a file or a prior that is not as those beside it take it.
    #[error("{of}, {field}: found {found}, expected {expected}")]
    Refused {
        /// The file, or the prior by its name.
        of: String,
        /// What of it.
        field: &'static str,
        /// Its value.
        found: String,
        /// The value it should have, with whom it would go then and what to do.
        expected: String,
    },
    /// A fit that would not stay within the memory it may take.
    #[error(
        "fit of {}: needs {needed:.2} GiB beside the file, expected at most {given:.2} GiB; give it more memory, \
         a lower rank or a shorter window", path.display()
    )]
    Memory {
        /// The training file.
        path: PathBuf,
        /// What it needs, in GiB.
        needed: f64,
        /// What it may take, in GiB.
        given: f64,
    },
    /// A fit that was asked to stop.
    #[error("fit of {}: interrupted; nothing was written", path.display())]
    Interrupted {
        /// The training file.
        path: PathBuf,
    },
    /// A file of trajectories in place of a prior.
    #[error(
        "{path}: found a file of trajectories, expected a prior that `fit` saved: fit it first, `equipoise fit --train \
         {path} --out prior.h5`, or give its denoisers by name, `--prior wiener --train {path}`",
        path = path.display()
    )]
    IsData {
        /// The file.
        path: PathBuf,
    },
    /// A prior that stands on training data, without them.
    #[error("prior {name}: found no training file, expected the one that it stands on")]
    Untrained {
        /// Its name.
        name: String,
    },
    /// The training set of a denoiser, or the denoiser over it.
    #[error("training windows of {}", path.display())]
    Training {
        /// The training file.
        path: PathBuf,
        /// What is wrong.
        source: Box<LocalityError>,
    },
    /// A trained network.
    #[error("prior network:{}", path.display())]
    Network {
        /// The network.
        path: PathBuf,
        /// What is wrong.
        source: Box<NetworkError>,
    },
    /// What another process serves.
    #[error(transparent)]
    Served(#[from] ServedError),
    /// Windows of a learned prior that do not make the trajectory.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// Chains of frames that a window or a file does not give.
    #[error(transparent)]
    Markov(#[from] MarkovError),
    /// The denoiser over the prior.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
}

impl PriorError {
    pub(crate) fn refused(
        of: impl Display,
        field: &'static str,
        found: impl Display,
        expected: impl Display,
    ) -> Self {
        let [of, found, expected] = [&of as &dyn Display, &found, &expected].map(|said| said.to_string());
        Self::Refused { of, field, found, expected }
    }

    /// A stationary covariance of a grid that does not wrap.
    pub(crate) fn not_periodic(train: &Path) -> Self {
        let found = "`stationary` on a grid with open borders";
        Self::refused(train.display(), "covariance model", found, "`low_rank` or `dense`")
    }
}

/// A fault of data and files, or of the covariance made of them.
#[derive(Debug)]
pub(crate) enum Fault {
    Prior(PriorError),
    Covariance(CovarianceError),
}

impl Fault {
    /// As one of this file.
    pub(crate) fn of(self, path: &Path) -> PriorError {
        match self {
            Self::Prior(error) => error,
            Self::Covariance(source) => PriorError::Covariance { path: path.into(), source },
        }
    }
}

impl<E: Into<PriorError>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Prior(error.into())
    }
}

impl From<CovarianceError> for Fault {
    fn from(error: CovarianceError) -> Self {
        Self::Covariance(error)
    }
}

/// A fault with its causes, as whoever prints it joins them.
#[cfg(test)]
pub(crate) fn chain(fault: &dyn Error) -> String {
    match fault.source() {
        Some(cause) => format!("{fault}: {}", chain(cause)),
        None => fault.to_string(),
    }
}
