//! What can be wrong with a network, its description or what it is given.

use crate::Questions;
use std::path::{Path, PathBuf};

/// What comes of work that may fail with a [`NetworkError`].
pub type Result<T, E = NetworkError> = std::result::Result<T, E>;

/// A network that cannot be built, or not be run as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// BLAS with several threads, on whose number the last digits would depend.
    #[error(transparent)]
    Blas(#[from] equipoise_blas::BlasError),
    /// A file of weights that cannot be read, or whose tensors are not the described network's.
    #[error(transparent)]
    Weights(#[from] equipoise_weights::WeightsError),
    /// A description that makes no network, or one that is not known here.
    #[error("network, {field}: found {found}, expected {expected}")]
    Architecture {
        /// The entry.
        field: String,
        /// What it says.
        found: String,
        /// What it may say.
        expected: String,
    },
    /// A file of weights in which a family of networks does not stand.
    #[error("{file}: found {found}, expected {expected}", file = .file.display())]
    Family {
        /// The file.
        file: PathBuf,
        /// Its first keys, or several places.
        found: String,
        /// The key that the family is known by.
        expected: String,
    },
    /// A weight or a buffer that is no finite number.
    #[error("{file}: {key}, entry {index}: found {found}, expected a finite number", file = .file.display())]
    Weight {
        /// The file.
        file: PathBuf,
        /// The tensor.
        key: String,
        /// The first such entry, in C order.
        index: usize,
        /// What stands there.
        found: f64,
    },
    /// A grid that the network cannot run on.
    #[error("grid: found {height} x {width}, expected {expected}", height = .found[0], width = .found[1])]
    Grid {
        /// H and W.
        found: [usize; 2],
        /// What the network runs on.
        expected: String,
    },
    /// A grid that neither the network nor the data beside it has.
    #[error(
        "{file}: found no grid, of the network or of data, expected one: equipoise network describe {file} … \
         --grid H,W --force",
        file = .file.display()
    )]
    NoGrid {
        /// The file of weights.
        file: PathBuf,
    },
    /// A buffer of the wrong length.
    #[error("{what}: found length {found}, expected {expected}")]
    Length {
        /// The buffer.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The lengths it may have.
        expected: String,
    },
    /// A time that is no finite number.
    #[error("c_time, entry {index}: found {found}, expected a finite number")]
    Time {
        /// The member.
        index: usize,
        /// Its time.
        found: f64,
    },
    /// A product that the run kept nothing for.
    #[error("{product}: found a run that kept {found}, expected one that kept {expected}")]
    Kept {
        /// The product.
        product: &'static str,
        /// What the run kept.
        found: &'static str,
        /// What the product needs.
        expected: &'static str,
    },
    /// A file that cannot be read or written.
    #[error("{file}", file = .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file of JSON that is none, or has other entries than it may.
    #[error("{file}", file = .file.display())]
    Json {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, with line and column.
        source: serde_json::Error,
    },
    /// An entry of a manifest or a configuration that is not as it may be.
    #[error("{file}: {field}: found {found}, expected {expected}", file = .file.display())]
    Manifest {
        /// The file.
        file: PathBuf,
        /// The entry.
        field: String,
        /// What it says.
        found: String,
        /// What it may say.
        expected: String,
    },
    /// What a network is, as far as nobody has said it.
    #[error(
        "{file}: found a network of which not all is known, expected answers to:{questions}",
        file = .file.display()
    )]
    Unsettled {
        /// The file of weights.
        file: PathBuf,
        /// All that is asked, with the flags that answer it.
        questions: Questions,
    },
    /// A noise level that the network was not trained for.
    #[error(
        "noise level: found sigma/mu = {found}, expected {low} to {high}, the range that the network was trained for"
    )]
    Level {
        /// σ/μ.
        found: f64,
        /// The least that it was trained for.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A noise level that is none, for a network that may be asked at any.
    #[error("noise level: found sigma/mu = {found}, expected a level above 0")]
    NoLevel {
        /// σ/μ.
        found: f64,
    },
}

impl NetworkError {
    /// An entry's error as one of the file that it stands in.
    pub(crate) fn of_manifest(self, file: &Path) -> Self {
        match self {
            Self::Architecture { field, found, expected } => {
                Self::Manifest { file: file.to_owned(), field, found, expected }
            }
            other => other,
        }
    }
}

/// That a buffer has its length.
pub(crate) fn length(what: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(NetworkError::Length { what, found, expected: expected.to_string() })
}
