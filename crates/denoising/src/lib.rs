//! Analytic denoisers side by side on a flow: what they miss, what they look at, what they draw.
//!
//! | part | what | in |
//! |---|---|---|
//! | [`Flow`] | a prior fitted to training windows, and windows held out | normalised units |
//! | [`error_curve`] | denoising error against noise level, recall of training windows | squares of normalised units |
//! | [`bound`] | evidence lower bound beside the exact density, rate and distortion | bits per dimension |
//! | [`Results`] | tables as CSV, pictures as PNG, one page | |
//!
//! Noise levels are ratios ρ = σ/μ with μ² + σ² = 1 ([`at_ratio`]).

mod canvas;
mod denoise_page;
mod error;
mod error_curve;
mod expected;
mod flow;
mod level;
mod rate;
mod results;
mod words;

pub use denoise_page::{Denoised, denoise_results};
pub use error::DenoisingError;
pub use error_curve::{ErrorPoint, RECALLED, error_curve};
pub use expected::expected_error;
pub use flow::{Flow, HeldOut, Named};
pub use level::at_ratio;
pub use rate::{Bound, bound};
pub use results::{Results, check_free};

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, DenoisingError>;
