//! Named tensors of trained networks, read from PyTorch's zip pickles and from safetensors, which it writes too.
//!
//! A [`State`] is read, its tensors are taken by name and shape, and [`State::finish`] tells what was missing,
//! misshapen or left over:
//!
//! ```
//! use equipoise_weights::{State, Tensor, Values};
//! let bias = Tensor { shape: vec![2], values: Values::F32(vec![0.5, -1.0]) };
//! let mut state = State::new("state.pth", [("head.bias".to_owned(), bias)]);
//! let bias = state.take("head.bias", &[2]).map(|bias| bias.to::<f64>());
//! assert_eq!(bias, Some(vec![0.5, -1.0]));
//! state.finish()?;
//! # Ok::<(), equipoise_weights::WeightsError>(())
//! ```

mod accounts;
mod archive;
mod checkpoint;
mod checksum;
mod element;
mod error;
mod format;
mod layout;
mod named;
mod pickle;
mod safe;
mod state;
mod tensor;
mod torch;
mod written;

#[cfg(test)]
mod tests;

pub use accounts::Accounts;
pub use checksum::sha256;
pub use error::WeightsError;
pub use named::Pick;
pub use pickle::PickleFault;
pub use state::State;
pub use tensor::{Tensor, Values};
pub use written::{Precision, put, read_all, write};
