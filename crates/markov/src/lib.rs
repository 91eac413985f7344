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

use equipoise_blas as _;

mod chain;
mod clip;
mod error;
mod filter;
mod fit;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod golden;
mod groups;
mod lattices;
mod matrix;
mod modes;
mod one_step;
mod posterior;
mod prior;
mod readings;
mod waves;

pub use chain::Chain;
pub use clip::Clipped;
pub use error::MarkovError;
pub use matrix::Number;
pub use one_step::{OneStep, one_step};
pub use posterior::{LogEvidence, Moments, Posterior};
pub use prior::{Markov, Part};
