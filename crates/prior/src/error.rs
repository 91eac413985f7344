//! What can go wrong with a prior.

use equipoise_composition::CompositionError;
use equipoise_covariance::CovarianceError;
use equipoise_data::{DataError, NormalizerKind};
use equipoise_denoiser::DenoiserError;
use equipoise_locality::LocalityError;
use equipoise_markov::MarkovError;
use equipoise_metrics::MetricsError;
use equipoise_network::NetworkError;
use equipoise_served::ServedError;
#[cfg(test)]
use std::error::Error;
use std::path::PathBuf;

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
    /// A stationary covariance of a grid that does not wrap.
    #[error(
        "covariance model of {}: found `stationary` on a grid with open borders, expected `low_rank` or `dense`",
        path.display()
    )]
    NotPeriodic {
        /// The training file.
        path: PathBuf,
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
    /// A file of another format.
    #[error(
        "{}, attribute `format`: found `{found}`, expected `{expected}`; fit the prior again with this version",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: String,
        /// The format of this version.
        expected: &'static str,
    },
    /// Training or held-out data on another grid than the prior's.
    #[error("{}, grid: found {found}, expected {expected} as the prior has", path.display())]
    Grid {
        /// The file.
        path: PathBuf,
        /// Its kind, frame and orientation.
        found: String,
        /// Those of the prior.
        expected: String,
    },
    /// Two learned priors that do not take the same fields.
    #[error(
        "prior {second}, {field}: found {found}, expected {expected} as prior {first} takes; give each a run of its own"
    )]
    Apart {
        /// The one before.
        first: String,
        /// The other.
        second: String,
        /// In what they differ.
        field: &'static str,
        /// That of the other.
        found: String,
        /// That of the first.
        expected: String,
    },
    /// A learned prior that leaves open what its fields are.
    #[error("{}, {field}: found nothing, expected {expected}", path.display())]
    Unstated {
        /// The learned prior.
        path: PathBuf,
        /// What it does not say.
        field: &'static str,
        /// What it may say.
        expected: &'static str,
    },
    /// A prior that stands on training data, without them.
    #[error("prior {name}: found no training file, expected the one that it stands on")]
    Untrained {
        /// Its name.
        name: String,
    },
    /// Another normalizer than the one that a learned prior was trained with.
    #[error("{}, normalizer: found {found}, expected {expected}, which it was trained with: leave it out", path.display())]
    Normalizer {
        /// The learned prior.
        path: PathBuf,
        /// What was asked for.
        found: NormalizerKind,
        /// Its own.
        expected: NormalizerKind,
    },
    /// Fields of fewer frames than a learned prior takes.
    #[error("{}, frames of a window: found {found}, expected at least {least}", path.display())]
    Window {
        /// The learned prior.
        path: PathBuf,
        /// T.
        found: usize,
        /// The frames of its window.
        least: usize,
    },
    /// A learned prior beside a Gaussian of other fields or units.
    #[error("{}: found {found}, expected {expected} as the fitted prior has; leave its file out, and give the training file alone: what is fitted there is in these units", path.display())]
    Units {
        /// The learned prior.
        path: PathBuf,
        /// What it takes.
        found: String,
        /// What the Gaussian is over.
        expected: String,
    },
    /// Shifts of windows along an axis that does not wrap.
    #[error("{}, shifts of the training windows: found {found} on a grid with open borders, expected 1", path.display())]
    Open {
        /// The training file.
        path: PathBuf,
        /// The shifts.
        found: usize,
    },
    /// A prior from files that are not those which its name states.
    #[error("prior {name}, sha256: found {found}, expected {expected} as its name says")]
    Checksum {
        /// The name.
        name: String,
        /// The first digits of the files at hand.
        found: String,
        /// Those stated.
        expected: String,
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

/// A fault with its causes, as whoever prints it joins them.
#[cfg(test)]
pub(crate) fn chain(fault: &dyn Error) -> String {
    match fault.source() {
        Some(cause) => format!("{fault}: {}", chain(cause)),
        None => fault.to_string(),
    }
}
