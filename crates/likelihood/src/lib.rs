//! The fused error, variance and gradient reduction of the Gaussian likelihood.
//!
//! ```
//! use equipoise_likelihood::{Backend, Cpu, Observation, Variance};
//! let observation = Observation { values: &[1.0f64, 3.0], variance: Variance::Scalar(4.0) };
//! let (mut residual, mut weighted) = ([0.0; 2], [0.0; 2]);
//! let found = Cpu.compact(&[0.0, 1.0], observation, Some(&mut residual), &mut weighted)?;
//! assert_eq!(residual, [1.0, 2.0]);
//! assert_eq!(weighted, [0.25, 0.5]);
//! assert_eq!(found.quadratic, 1.25);
//! # Ok::<(), equipoise_likelihood::LikelihoodError>(())
//! ```

mod backend;
mod block;
pub mod conformance;
mod cpu;
mod error;
mod lattice;
mod statistics;
mod variance;

pub use backend::{Backend, Gradient, Observation};
pub use cpu::Cpu;
pub use error::LikelihoodError;
pub use statistics::Statistics;
pub use variance::Variance;
