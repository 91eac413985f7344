//! Whether a guided run will explode, said before its first step.
//!
//! Under a linear denoiser and an affine guidance the predictor is x ← P_t x + b_t. A [`Certifier`]
//! takes σ_W = ‖∏ P̃_t‖ of the steps whitened by the prior's marginal, its peak over t, the direction
//! responsible and a [`Verdict`].

use equipoise_blas as _;

mod block_steps;
mod certificate;
mod certifier;
mod course;
mod error;
mod field_steps;
mod growth;
mod mean_field;
mod product;
mod spectra;
mod verdict;

pub use certificate::{Certificate, Crossing, Direction, Scope};
pub use certifier::{Certifier, Method};
pub use course::Course;
pub use equipoise_reduced::Likelihood;
pub use equipoise_sampler::Corrector;
pub use error::{Result, StabilityError};
pub use growth::Growth;
pub use mean_field::MeanField;
pub use spectra::Spectra;
pub use verdict::{EXPLODES_ABOVE, FIELD_ABOVE, STABLE_UP_TO, TRANSIENT_ABOVE, Verdict};
