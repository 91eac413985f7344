//! Gauss–Markov priors of long trajectories, and their exact posterior.
//!
//! x_{τ+1} = A x_τ + w_τ, w_τ ~ N(0, Q), with x_τ ~ N(0, C₀) at every τ. A fitted A and Q need not belong to any
//! stationary law; a [`Chain`] is valid by construction.
//!
//! ```
//! use equipoise_markov::Chain;
//! // AR(1) of variance 2 whose neighbouring frames correlate by 0.9.
//! let chain = Chain::scalar(0.9, 2.0)?;
//! assert!((chain.lagged(3)?[[0, 0]] - 2.0 * 0.9f64.powi(3)).abs() < 1e-12);
//! # Ok::<(), equipoise_markov::MarkovError>(())
//! ```
//!
//! A [`Markov`] prior is of whole frames (C, H, W): r modes that follow one chain and white noise, or one chain for each
//! wavenumber of a periodic grid. Its [`Posterior`] under readings of a trajectory is exact, by Kalman filter and
//! fixed-interval smoother, at a cost linear in the frames.
//!
//! ```
//! use equipoise_field::Shape;
//! use equipoise_markov::{Chain, Markov};
//! use equipoise_observation::{NoiseVariance, Observed};
//! use equipoise_operator::Mask;
//! # equipoise_blas::single_thread()?;
//! // One number a frame, read with s = 0.1 at frames 0 and 9 of ten.
//! let prior = Markov::modes(Shape::new(1, 1, 1, 1), vec![0.0], &[1.0], Chain::scalar(0.9, 1.0)?, 0.0)?;
//! let seen = Observed::new(vec![1.0, -1.0], Mask::new(10, vec![0, 9])?, NoiseVariance::std(0.1))?;
//! let found = prior.posterior::<f64>(10, &seen)?.moments()?;
//! assert!(found.mean[4] > 0.0 && found.mean[5] < 0.0);
//! assert!(found.variance[0] < 0.01 && found.variance[5] > 0.4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use equipoise_blas as _;

mod chain;
mod clip;
mod draws;
mod error;
mod filter;
mod fit;
mod groups;
mod lattices;
mod matrix;
mod modes;
mod of_window;
mod posterior;
mod prior;
mod readings;
#[cfg(test)]
mod tests;
mod waves;
mod window;

pub use chain::Chain;
pub use clip::Clipped;
pub use error::{MarkovError, Result};
pub use matrix::Number;
pub use posterior::{LogEvidence, Moments, Posterior};
pub use prior::{Markov, Part};
