//! Scaling laws of the likelihood term, as functions of numbers.
//!
//! SDA's Gaussian score divides the residual by the scalar v(t) = std² + γ(σ/μ)². A law says how
//! std, γ or the gradient follow from the number of observations N. Section numbers refer to the
//! study of gradient scaling that this project starts from; docs/references.md says what it is.
//!
//! ```
//! use equipoise_scaling::{Law, PUBLISHED_BASE};
//! let law: Law = "dual".parse()?;
//! let dense = law.parameters(PUBLISHED_BASE, 640_000, 160_000);
//! assert_eq!((dense.std, dense.gamma), (0.2, 0.04));
//! assert_eq!(dense.variance(10.0), 0.2 * 0.2 + 0.04 * 100.0);
//! # Ok::<(), equipoise_scaling::ScalingError>(())
//! ```

pub mod active;
pub mod adaptive;
pub mod clamped_linear;
mod count;
mod dual;
mod error;
mod law;
pub mod likelihood_weighting;
mod linear;
pub mod matched;
mod mean;
mod parameters;
pub mod poly2;
mod trace_ratio;

pub use count::{NConvention, lattice_count};
pub use error::ScalingError;
pub use law::{Law, Reference};
pub use parameters::{Base, LawParameters, PUBLISHED_BASE, PUBLISHED_REFERENCE_SUB};
pub use trace_ratio::TraceRatio;
