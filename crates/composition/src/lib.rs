//! Denoisers of short windows composed over a long trajectory.
//!
//! A window of w frames slides over L frames; the denoiser of a window serves all of its places at once, and a
//! [`Fold`] says which frame of which window stands in the result: x̂ = F D(U x_t), U unfold, F fold, with both
//! products of J = F diag(J_1 … J_n) U.
//!
//! Windows flow by: what is held beside x_t and x̂ grows with those in flight, not with L, and so does what their
//! denoiser keeps for products with J ([`Composition`] says how much). Of stationary Gaussian
//! windows a [`GaussianComposition`] transforms every frame once; [`compose`] takes it where it can.
//!
//! A composite is no posterior mean even where the windows' is one. Its J is in general neither symmetric nor
//! positive ([`Jacobian::General`](equipoise_denoiser::Jacobian)), so that (σ²/μ)J is no covariance. Beside it stands
//! V⁺ = Σ_i U_iᵀ D_i V_i D_i U_i, D_i² = 1/n where n windows hold a frame, which is one wherever the V_i of the
//! windows are; it is what the `covariance` of a composite gives.
//!
//! ```
//! use equipoise_composition::{Composition, Fold};
//! use equipoise_denoiser::{Closure, Denoiser};
//! use equipoise_schedule::Level;
//! use std::sync::Arc;
//!
//! // Windows of three frames of one number, each frame replaced by the mean of its window.
//! let mean = |x: &[f64], out: &mut [f64]| {
//!     out.fill(x.iter().sum::<f64>() / 3.0);
//!     Ok(())
//! };
//! let window = Closure::new(3, move |x: &[f64], _, out: &mut [f64]| mean(x, out), move |_, _, v, out| mean(v, out));
//! let composition = Composition::new(Arc::new(window), 1, 5, Fold::Centre)?;
//! let mut x_hat = [f64::NAN; 5];
//! composition.denoise(&[3.0, 0.0, 6.0, 0.0, 0.0], Level { mu: 1.0, sigma: 1.0 }, &mut x_hat)?;
//! assert_eq!(x_hat, [3.0, 3.0, 2.0, 2.0, 2.0]);
//!
//! let short = Composition::new(Arc::clone(composition.window_denoiser()), 1, 2, Fold::Centre);
//! assert_eq!(short.unwrap_err().to_string(), "trajectory: found 2 frames, expected at least the window's 3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod compose;
mod composed;
mod composition;
mod error;
mod filter;
mod flow;
mod fold;
mod frames;
mod gaussian;
mod plan;
mod rows;
#[cfg(test)]
mod tests;

pub use compose::{Gaussian, compose};
pub use composition::Composition;
pub use error::{CompositionError, Result};
pub use fold::Fold;
pub use gaussian::GaussianComposition;
