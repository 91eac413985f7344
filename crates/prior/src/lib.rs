//! A fitted Gaussian prior of a flow: normalizer, covariance, mean, provenance, and its file; and the
//! denoisers over it and over the windows that it was fitted to, by [`DenoiserName`].
//!
//! Everything is in normalised units; the normalizer leads there and back.
//!
//! ```
//! use equipoise_data::{LoadOptions, load, samples::Sample};
//! use equipoise_prior::{Prior, Settings};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let train = load(&Sample::KolmogorovTrain.path()?, &LoadOptions::default())?;
//! let prior = Prior::fit(&train, &Settings { window: 2, ..Settings::of(train.kind(), train.grid()) })?;
//! assert_eq!(prior.shape().to_string(), "(2, 2, 64, 64)");
//! # Ok(())
//! # }
//! ```

mod attributes;
mod composed;
mod denoiser;
mod entries;
mod error;
mod fields;
mod file;
mod fit;
mod hidden;
mod learned;
mod markov;
mod name;
mod parts;
mod received;
mod recorded;
mod residual;
mod seal;
mod settings;
mod shown;
mod windows;

pub use denoiser::PriorDenoiser;
pub use entries::{Knows, PriorSpec};
pub use error::{PriorError, Result};
pub use fields::{Beside, Fields};
pub use fit::{Prior, Provenance, Sampled};
pub use name::{DenoiserName, NameError};
pub use parts::{Share, SharedProgress};
pub use received::Received;
pub use recorded::{FitMethod, Resources};
pub use residual::{filter, spread};
pub use settings::{Model, Settings};
pub use shown::Shown;
