//! What can be wrong with a network, its description or what it is given.

use std::path::PathBuf;

/// A network that cannot be built, or not be run as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
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
}
