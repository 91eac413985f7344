//! What can be wrong with a file of weights.

use crate::{Accounts, PickleFault};
use std::io;
use std::path::PathBuf;

/// A file of weights that cannot be read, or does not fit what it was read for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// Keys that are missing, left over or misshapen.
    #[error("{file}: found other tensors than the network's:{accounts}", file = .file.display())]
    Keys {
        /// The file.
        file: PathBuf,
        /// The keys.
        accounts: Box<Accounts>,
    },
    /// A file or folder that cannot be opened or read.
    #[error("{file}", file = .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder with no file of weights, or with several.
    #[error(
        "{folder}: found {found}, expected exactly one file of weights (.pth, .pt, .ckpt, .bin, .safetensors); name the \
         file itself", folder = .folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        found: String,
    },
    /// A file of another kind.
    #[error("{file}: found {found}, expected a zip file of torch.save or safetensors; {advice}", file = .file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What it is.
        found: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A zip file that cannot be read: cut short, or damaged.
    #[error("{file}: found a zip file that is cut short or damaged, expected a whole one", file = .file.display())]
    Zip {
        /// The file.
        file: PathBuf,
        /// What its reader says.
        source: zip::result::ZipError,
    },
    /// A record of a zip file that is missing or not as it should be.
    #[error("{file}: record {record}: found {found}, expected {expected}", file = .file.display())]
    Record {
        /// The file.
        file: PathBuf,
        /// The record.
        record: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// A pickle that is not read.
    #[error("{file}: {fault}", file = .file.display())]
    Pickle {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: PickleFault,
    },
    /// A safetensors file that is not one.
    #[error("{file}", file = .file.display())]
    SafeTensors {
        /// The file.
        file: PathBuf,
        /// What its reader says.
        source: safetensors::SafeTensorError,
    },
    /// A tensor that cannot be read as weights.
    #[error("{file}: tensor {key}: found {found}, expected {expected}", file = .file.display())]
    Tensor {
        /// The file.
        file: PathBuf,
        /// The tensor.
        key: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// No dictionary of tensors, or several.
    #[error("{file}: found {found}, expected {expected}", file = .file.display())]
    States {
        /// The file.
        file: PathBuf,
        /// What the file holds.
        found: String,
        /// What it should.
        expected: &'static str,
    },
    /// Raw and averaged weights, and nobody said which; or not the ones that were asked for.
    #[error("{file}: found {found}, expected {expected}", file = .file.display())]
    Pick {
        /// The file.
        file: PathBuf,
        /// What the file holds.
        found: String,
        /// What is to be said.
        expected: &'static str,
    },
}
