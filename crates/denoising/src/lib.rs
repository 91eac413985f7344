//! Analytic denoisers side by side on a flow: what they miss, what they look at, what they draw.
//!
//! | part | what | in |
//! |---|---|---|
//! | [`Flow`] | a prior fitted to training windows, and windows held out | normalised units |
//! | [`error_curve`] | denoising error against noise level, recall of training windows | squares of normalised units |
//! | [`bound`] | evidence lower bound beside the exact density, rate and distortion | bits per dimension |
//! | [`rows`], [`invariances`] | what an output pixel takes from every input pixel: radius, anisotropy, invariance | grid points |
//! | [`Coarse`] | a correlation planted in the data, and the response of refitted denoisers | normalised units |
//! | [`Drawing`] | unconditional samples, their spectra, their distance to the training windows | normalised units |
//! | [`Results`] | tables as CSV, pictures as PNG, one page | |
//!
//! Noise levels are ratios ρ = σ/μ with μ² + σ² = 1 ([`at_ratio`]).
//!
//! ```
//! use equipoise_data::samples::Sample;
//! use equipoise_data::{LoadOptions, load};
//! use equipoise_denoising::{Flow, error_curve};
//! use equipoise_prior::Settings;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let read = |sample: Sample| load(&sample.path()?, &LoadOptions::default());
//! let (train, test) = (read(Sample::KolmogorovTrain)?, read(Sample::KolmogorovTest)?);
//! let settings = Settings { window: 1, ..Settings::of(train.kind(), train.grid()) };
//! let flow = Flow::new("kolmogorov", [train, test], (&settings, None), 4)?;
//! let denoisers = flow.denoisers(&["wiener".parse()?])?;
//! let points = error_curve(&flow, &denoisers, &[0.1, 1.0], 0, &mut || true)?;
//! // Noise of 0.1 and 1 the prior knows better than the noisy field does.
//! assert!(points[0].error < 0.01 && points[1].error < 1.0);
//! # Ok(())
//! # }
//! ```

mod canvas;
mod denoise_page;
mod error;
mod error_curve;
mod expected;
mod extent;
mod flow;
mod invariance;
mod level;
mod planted;
mod planted_page;
mod rate;
mod results;
mod rows;
mod sample;
mod sample_file;
mod sample_page;
mod sensitivity_page;
mod spectra;
mod words;

pub use denoise_page::{Denoised, denoise_results};
pub use error::DenoisingError;
pub use error_curve::{ErrorPoint, RECALLED, error_curve};
pub use expected::expected_error;
pub use extent::{anisotropy, uniform_anisotropy};
pub use flow::{Flow, HeldOut, Named};
pub use invariance::{Agreement, shifted_agreement};
pub use level::at_ratio;
pub use planted::{Coarse, Line, Planting, Response, lines, response_by_differences};
pub use rate::{Bound, bound};
pub use results::{Results, check_free};
pub use rows::{Invariance, Pixel, RowPoint, SHARE, SILENT, invariances, rows};
pub use sample::{Drawing, Sampled, Samples};
pub use sample_file::{check_samples, write_samples};
pub use sample_page::{Drawn, sample_results};
pub use sensitivity_page::{Sensed, sensitivity_results};
pub use spectra::{Spectrum, spectra};

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, DenoisingError>;
