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
pub use sample_file::write_samples;
pub use sample_page::{Drawn, sample_results};
pub use sensitivity_page::{Sensed, sensitivity_results};
pub use spectra::{Spectrum, spectra};

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, DenoisingError>;
