//! SDA's predictor–corrector under a Gaussian prior in coordinates of its own: no field between the
//! start and the end of a run.
//!
//! | prior × operator | state of a run | cost of an evaluation |
//! |---|---|---|
//! | r explicit modes, A Aᵀ = c·I | r + 3 numbers for what is seen (by channel, where the noise differs by channel) and for what is not | r², whatever D and N |
//! | stationary, subsampling whose stride divides the grid | the D coefficients, in one block a coarse wavenumber | D·T·C, no transform but one a correction |
//!
//! What both leave invariant is at hand for whoever multiplies steps instead of running them: [`AliasBlocks`], and
//! the [`InvariantSpace`] of explicit modes.
//!
//! The linear laws of `sda` and the exact guidance are reduced without approximation. From the same
//! start field a run without corrections ends where the run in full space does, to rounding.
//!
//! Corrections of a stationary prior take the fields of noise that full space takes, one transform each,
//! which [`ReducedSpace::keeping_noise`] shares among laws: the run ends where full space does as well.
//! With explicit modes their noise is drawn in the reduced coordinates: such a run has the law of the
//! one in full space, not its draws. What a whole field would have to be drawn for, the χ² norms of many
//! directions and at the end one direction uniform over a sphere, is drawn as such, so that adaptive
//! factors and the corrector's δ, which ask for norms over the whole field, keep their law as well.
//!
//! Coefficients of a stationary prior are numbers of the field's type, with sums in `f64`. The rows of
//! explicit modes are `f64`: a run in an `f32` field that grows by more than 1e7 on the way loses what it
//! came from; they do not, and the reduced run may return where that one is lost.
//!
//! ```
//! use equipoise_covariance::Modes;
//! use equipoise_guidance::Strength;
//! use equipoise_observation::Observed;
//! use equipoise_innovation::ObservedPrior;
//! use equipoise_observation::NoiseVariance;
//! use equipoise_operator::Mask;
//! use equipoise_reduced::{Draws, Likelihood, Reduced, ReducedSpace, Start};
//! use equipoise_sampler::PredictorCorrector;
//! use equipoise_scaling::Law;
//! use equipoise_schedule::{Alpha, Sda, Variance, uniform_grid};
//! use equipoise_stream::Stream;
//! use equipoise_wiener::Wiener;
//! use std::sync::Arc;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dim = 1000;
//! let mode = (0..dim).map(|i| (2.0f64 / 1000.0).sqrt() * (std::f64::consts::TAU * i as f64 / 1000.0).sin());
//! let prior = Arc::new(Modes::new(dim, mode.collect(), vec![400.0], Some(0.01))?);
//! let noise = NoiseVariance::Uniform(0.01);
//! let sensors = Arc::new(Mask::new(dim, (0..dim).step_by(10).collect())?);
//! let wiener = Arc::new(Wiener::new(vec![0.0; dim], prior.clone())?);
//! let space = Arc::new(ReducedSpace::new(wiener, ObservedPrior::new(prior, sensors.clone(), noise.clone())?)?);
//!
//! let readings: Vec<f64> = (0..100).map(|k| (std::f64::consts::TAU * k as f64 / 100.0).sin()).collect();
//! let observation = Observed::shared(readings, sensors, noise.clone())?;
//! let law = Likelihood::Law(Strength::of_law(Law::Dual, &noise, 0.01, 100, 100)?);
//! let schedule = Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01)?);
//! let sampler = PredictorCorrector::new(uniform_grid(256)?, 1, 0.5)?;
//! let reduced = Reduced::bind(space, &observation, law, schedule, sampler)?;
//!
//! let start = Start::Normal(Stream::new("start").number(0));
//! let outcome = reduced.run(&Draws { start, langevin: Stream::new("langevin").number(0) })?;
//! let end = outcome.end().expect("the law is stable here");
//! let mut x = vec![0.0; dim];
//! reduced.expand(start, end, &mut x)?;
//! assert!((x[250] - 1.0).abs() < 0.3);
//! # Ok(())
//! # }
//! ```
//!
//! Reference of the sampler: Rozet and Louppe 2023 (arXiv 2306.10574), algorithm 4 and section 3.2.

use equipoise_blas as _;

mod account;
mod alias;
mod compiled;
mod error;
mod invariant;
mod kinds;
mod lattice;
mod likelihood;
mod matrix;
mod modes;
mod outcome;
mod plan;
mod reduced;
mod space;
mod start;

pub use alias::{AliasBlock, AliasBlocks, PlaneWeight};
pub use error::{ReducedError, Result};
pub use invariant::InvariantSpace;
pub use likelihood::{Likelihood, Weighing};
pub use matrix::{eigen, product};
pub use outcome::{Coefficients, Outcome, Peak, Trace};
pub use reduced::Reduced;
pub use space::ReducedSpace;
pub use start::{Draws, Start};
