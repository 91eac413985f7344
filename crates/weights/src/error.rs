//! What can be wrong with a file of weights.

use crate::Accounts;
use std::path::PathBuf;

/// A file of weights that cannot be read, or does not fit what it was read for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Keys that are missing, left over or misshapen.
    #[error("{file}: found tensors that are not the network's:{accounts}", file = .file.display())]
    Keys {
        /// The file.
        file: PathBuf,
        /// The keys.
        accounts: Box<Accounts>,
    },
}
