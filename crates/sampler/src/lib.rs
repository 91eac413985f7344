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
//!
//! # Batches
//!
//! [`Sampler::run_batch`] takes n members side by side: a [`Run`] holds their states one after the other, and
//! the guidance is evaluated for all of them at once, which a network does in one pass. Each member has a noise
//! and an account of its own and the bits that it has alone. One whose state is no longer finite leaves the
//! batch with its outcome; the others go on. [`Sampler::run`] is a batch of one.
//!
//! # Runs in parts
//!
//! [`Sampler::run_from`] takes one member from a state that was [`Kept`] between two steps, and shows whoever follows
//! it every state; what it ends with has the bits of a run that was never stopped.
//!
//! # A sampler of one's own
//!
//! [`Sampler::step`] advances every member by one interval of the grid. It may evaluate the guidance at any time
//! that has noise, whether [`Sampler::evaluated`] names it or not. What its steps are made of it may state as
//! [`Steps`]: nothing takes them elsewhere, or goes on from a state between two, that it does not say.
//!
//! ```
//! use equipoise_field::Real;
//! use equipoise_sampler::{Run, Sampler, SamplerError, Steps};
//!
//! /// Steps along the ε_y of half way, whatever the number of members.
//! struct HalfWay(Vec<f64>);
//!
//! impl<R: Real> Sampler<R> for HalfWay {
//!     fn grid(&self) -> &[f64] {
//!         &self.0
//!     }
//!
//!     fn step(&self, run: &mut Run<'_, R>, _: usize, t: f64, next: f64) -> Result<(), SamplerError> {
//!         let (start, between) = (run.x.clone(), f64::midpoint(t, next));
//!         let now = run.evaluate(t)?;
//!         run.advance(now, run.level(between));
//!         run.evaluate(between)?;
//!         run.x = start;
//!         run.advance(now, run.level(next));
//!         Ok(())
//!     }
//!
//!     fn steps(&self) -> Option<Steps> {
//!         Some(Steps::affine(2, 0))
//!     }
//! }
//! # fn main() {
//! #     let _: &dyn Sampler<f32> = &HalfWay(vec![1.0, 0.5, 0.0]);
//! # }
//! ```

#![warn(missing_debug_implementations)]

mod ancestral;
mod ddim;
mod error;
mod euler;
mod exponential;
mod grid;
mod heun;
mod kept;
mod name;
mod noise;
mod outcome;
mod predictor_corrector;
#[cfg(test)]
mod problem;
mod remarks;
mod run;
mod sampler;
mod steps;

pub use ancestral::Ancestral;
pub use ddim::{Ddim, fresh_share};
pub use error::SamplerError;
pub use euler::Euler;
pub use exponential::Exponential;
pub use grid::{descending, noisy_level};
pub use heun::Heun;
pub use kept::{Kept, Reached, Rest};
pub use name::SamplerName;
pub use noise::{Noise, Recorded};
pub use outcome::{Breakdown, Excursion, Outcome, Trace};
pub use predictor_corrector::PredictorCorrector;
pub use remarks::remarks;
pub use run::Run;
pub use sampler::Sampler;
pub use steps::{Corrector, Steps};
