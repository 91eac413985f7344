//! The denoiser trait x̂(x_t) = E[x | x_t] with its Jacobian, linearised at the states of a batch, and the
//! conformance suites that every implementor runs.
//!
//! A denoiser of your own is two functions in a [`Closure`], one that returns its own slope in a
//! [`Pullback`], or a type with two methods. A shrinking one, with Jacobian c·I:
//!
//! ```
//! use equipoise_denoiser::{Denoiser, DenoiserError, check_denoiser};
//! use equipoise_field::Shape;
//! use equipoise_schedule::Level;
//!
//! /// x ~ N(0, I): x̂ = μ/(μ² + σ²) x_t.
//! struct White(usize);
//!
//! impl White {
//!     fn gain(&self, level: Level, v: &[f64], out: &mut [f64]) {
//!         let gain = level.mu / (level.mu.powi(2) + level.sigma.powi(2));
//!         out.iter_mut().zip(v).for_each(|(o, v)| *o = gain * v);
//!     }
//! }
//!
//! impl Denoiser<f64> for White {
//!     fn dim(&self) -> usize {
//!         self.0
//!     }
//!     fn denoise(&self, x_t: &[f64], level: Level, x_hat: &mut [f64]) -> Result<(), DenoiserError> {
//!         self.gain(level, x_t, x_hat);
//!         Ok(())
//!     }
//!     fn vjp(&self, _: &[f64], level: Level, v: &[f64], out: &mut [f64]) -> Result<(), DenoiserError> {
//!         self.gain(level, v, out);
//!         Ok(())
//!     }
//! }
//!
//! let level = Level { mu: 0.8, sigma: 0.6 };
//! let conformance = check_denoiser(&White(3), &[0.1, -2.0, 1.0], level, Shape::new(1, 1, 1, 3))?;
//! assert!(conformance.untested.is_empty());
//! # Ok::<(), DenoiserError>(())
//! ```

mod asymmetry;
mod closure;
mod conformance;
mod denoise;
mod error;
mod linearise;
mod pointers;
mod pullback;

pub use asymmetry::{Asymmetry, asymmetry};
pub use closure::Closure;
pub use conformance::{Conformance, check_batch, check_denoiser, check_jvp};
pub use denoise::{Denoiser, Empirical, ExactCovariance, Jacobian, LogLikelihood, Moments};
pub use error::{DenoiserError, Result};
pub use linearise::{Give, Linearised, Take, Tape, Unlinearised};
pub use pullback::Pullback;
