//! Trained U-Nets as denoisers: their description, weights, products with the Jacobian, manifest.
//!
//! An [`Architecture`] says which network a file of weights belongs to: SDA's ([`SdaUNet`]) or azula's
//! ([`AzulaUNet`]). [`Network::new`] compiles it to a list of operations over registers and takes the weights.
//! [`Network::run`] evaluates it for a batch; the [`Run`] that it returns has Jᵀv, J v and the gradient of the
//! parameters. A member's bits depend neither on its batch nor on the number of threads.
//!
//! Convolutions are those of crate `convolution`: in f32 its own kernels, in f64 products of matrices, which are those
//! of the system's BLAS where a crate of the program asks for them; only the last digits differ. BLAS has one thread,
//! or a network is not built ([`NetworkError::Blas`]). What the kernels of f32 make of the weights they make anew in
//! every convolution: a network holds its weights alone.

mod architecture;
mod azula;
mod encoding;
mod entries;
mod error;
mod fresh;
mod graph;
mod learned;
mod manifest;
mod names;
mod network;
mod operation;
mod parameters;
mod pass;
mod plan;
mod precondition;
mod run;
mod sda;
mod shares;
#[cfg(test)]
mod tests;

pub use architecture::{Activation, Architecture, Norm, Padding};
pub use azula::AzulaUNet;
pub use error::{NetworkError, Result};
pub use fresh::Fresh;
pub use learned::{Around, Filter, Kept, Learned, Linear, OnGrid, Opened};
pub use manifest::{
    Answers, ChannelOrder, Context, Described, FlowKind, Gaussian, MANIFEST, Manifest, Particulars, Picked,
    Preset, Question, Questions, configured, describe,
};
pub use network::{Network, Parameter};
pub use plan::Keep;
pub use precondition::{Coefficients, Preconditioner, Preconditioning, Predicts, TimeInput, TrainedOn};
pub use run::{Input, Room, Run};
pub use sda::SdaUNet;
pub use shares::Shares;
