//! A fitted Gaussian prior of a flow: normalizer, covariance, mean, provenance, and its file.
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

mod error;
mod file;
mod fit;
mod settings;

pub use error::PriorError;
pub use fit::{Prior, Provenance};
pub use settings::{Model, Settings};
