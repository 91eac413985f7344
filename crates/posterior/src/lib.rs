//! The exact posterior of a Gaussian prior under a linear observation y = A x + s η:
//!
//! > E[x | y] = m + ΣAᵀS⁻¹(y − A m), Cov[x | y] = Σ − ΣAᵀS⁻¹AΣ, S = s²I + AΣAᵀ
//!
//! (kriging, optimal interpolation; Rasmussen & Williams 2006, eqs. 2.23–2.24), the variance of
//! every entry, and samples.

mod error;
mod exact;
mod variance;

pub use error::{PosteriorError, Result};
pub use exact::ExactPosterior;
pub use variance::{MeanVariance, VarianceField};
