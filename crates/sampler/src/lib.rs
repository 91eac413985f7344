//! Reverse-diffusion samplers: from x_1 to x_0 along a time grid, under any guidance.
//!
//! A run ends finished or diverged; either way it says what happened on the way.

mod error;
mod noise;
mod outcome;
mod predictor_corrector;

pub use error::SamplerError;
pub use noise::{Noise, Recorded};
pub use outcome::{Excursion, Outcome, Trace};
pub use predictor_corrector::PredictorCorrector;
