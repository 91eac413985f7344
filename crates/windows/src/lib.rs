//! What composing short windows costs, in closed form.
//!
//! A denoiser of windows of w frames serves a trajectory of L: [`equipoise_composition`] unfolds, denoises and folds.
//! Under a Gaussian prior the exact denoiser of all L frames is known, and so is what the composite misses of it: in
//! x̂ and J at one noise level ([`costs`], [`needed`]), in whether moment matching on it is well posed ([`definite`]),
//! and in the law of x at the end of a whole run ([`runs`], [`draws`], [`calibrate`]). Notation is docs/windows.md's.
//!
//! ```
//! use equipoise_composition::Fold;
//! use equipoise_windows::{Series, Windows, costs};
//! equipoise_blas::single_thread()?;
//! // AR(1) of 40 frames whose neighbours correlate at 0.9.
//! let series = [Series::scalar(0.9, 40)?];
//! let short = Windows { window: 3, fold: Fold::Centre };
//! let cost = &costs(&series, short, &[1.0])?[0];
//! assert!((cost.excess - 0.329).abs() < 1e-3 && cost.lowest < -0.14);
//! let whole = &costs(&series, Windows::whole(40), &[1.0])?[0];
//! assert!(whole.excess.abs() < 1e-12 && whole.asymmetry < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod calibration;
mod chosen;
mod composite;
mod cost;
mod course;
mod definite;
mod dense;
mod draws;
mod error;
mod guide;
mod needed;
mod outcome;
mod posterior;
mod read;
mod readings;
mod run;
mod series;
mod survey;
#[cfg(test)]
mod tests;

pub use calibration::{Best, Bounded, Calibration, End, calibrate, exact_gamma};
pub use chosen::{Chosen, choose};
pub use composite::Windows;
pub use cost::{Cost, costs};
pub use course::{Course, Start};
pub use definite::{Definite, definite};
pub use draws::{Drawn, Estimate, Sampling, draws};
pub use error::{Result, WindowsError};
pub use guide::Guide;
pub use needed::{Least, Needed, needed};
pub use outcome::Outcome;
pub use readings::Readings;
pub use run::runs;
pub use series::{LIMIT, Series};
pub use survey::{Found, Lattice, Subject, Survey, Surveyed, Term};
