//! Reverse-diffusion samplers: from x_1 to x_0 along a time grid, under any guidance.
//!
//! | sampler | step | order | evaluations a step |
//! |---|---|---|---|
//! | [`PredictorCorrector`] | DDIM with η = 0, then Langevin corrections | 1 | 1 + corrections |
//! | [`Ddim`] | DDIM with η, ancestral DDPM at η = 1 | 1 | 1 |
//! | [`Ancestral`] | ancestral DDPM with variance β | 1 | 1 |
//! | [`Euler`] | Euler on the probability flow | 1 | 1 |
//! | [`Heun`] | Heun on the probability flow | 2 | 2, one where σ′ = 0 |
//! | [`Exponential`] | best product of resolvents on the probability flow | 1, exponential for Gaussian posteriors | 1 |
//!
//! A run ends finished or diverged; either way it says what happened on the way.

mod ancestral;
mod ddim;
mod error;
mod euler;
mod exponential;
mod grid;
mod heun;
mod name;
mod noise;
mod outcome;
mod predictor_corrector;
#[cfg(test)]
mod problem;
mod run;
mod sampler;

pub use ancestral::Ancestral;
pub use ddim::{Ddim, fresh_share};
pub use error::SamplerError;
pub use euler::Euler;
pub use exponential::Exponential;
pub use heun::Heun;
pub use name::SamplerName;
pub use noise::{Noise, Recorded};
pub use outcome::{Breakdown, Excursion, Outcome, Trace};
pub use predictor_corrector::PredictorCorrector;
pub use run::Run;
pub use sampler::Sampler;
