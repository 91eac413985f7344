//! What was observed, y = A x + s η with η ~ N(0, I): readings, operator and noise, checked once and held
//! by one owner, and solves with diag(s²) + A C Aᵀ that need products only.
//!
//! ```
//! use equipoise_observation::{NoiseVariance, Observed};
//! use equipoise_operator::Mask;
//!
//! // Entries 0 and 2 of fields of three numbers, each with a standard deviation of 0.1.
//! let seen = Observed::new(vec![1.0f64, -2.0], Mask::new(3, vec![0, 2])?, NoiseVariance::std(0.1))?;
//! let mut r = [0.0; 2];
//! seen.residual(&[0.5, 7.0, -2.0], &mut r);
//! assert_eq!(r, [0.5, 0.0]);
//!
//! let short = Observed::new(vec![1.0f64], Mask::new(3, vec![0, 2])?, NoiseVariance::std(0.1));
//! assert_eq!(short.unwrap_err().to_string(), "y: found length 1, expected 2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(missing_debug_implementations)]

mod conjugate_gradients;
mod error;
mod isotropic;
mod noise;
mod observed;

pub use conjugate_gradients::{Breakdown, ConjugateGradients, Descent, Solved};
pub use error::{ObservationError, Result};
pub use noise::NoiseVariance;
pub use observed::Observed;
