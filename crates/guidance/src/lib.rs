//! Guided noise estimates ε_y = ε̂ − σ g with g ≈ ∇_{x_t} log p(y | x_t): one method per file.
//!
//! | method | g | reference |
//! |---|---|---|
//! | [`Sda`] | JᵀAᵀ r/v(t), v(t) = s² + γ(σ/μ)² or another scaling law | Rozet & Louppe 2023 |
//! | `Exact` | JᵀAᵀ(s²I + A V Aᵀ)⁻¹ r | exact for a Gaussian prior |
//! | [`Mmps`] | the same by conjugate gradients, with C for V | Rozet et al. 2024 |
//! | [`Poly2`] | JᵀAᵀ(c₀ + c₁M + c₂M²) r, M = s²I + A C Aᵀ | the best quadratic for M⁻¹ |
//! | [`Tmpd`] | JᵀAᵀ r/(s² + A C Aᵀ1) | Boys et al. 2024 |
//! | [`PigdmScore`] | JᵀAᵀ(s²I + ρ²A Aᵀ)⁻¹ r, ρ² = σ²/(μ² + σ²) | Song et al. 2023 |
//! | [`DiffPir`] | Aᵀ(s²I + ρ²A Aᵀ)⁻¹ r/(λμ), ρ² = σ²/(λμ²) | Zhu et al. 2023 |
//! | `Jfps` | (μ/σ²)C_tAᵀ(s²I + A C_t Aᵀ)⁻¹ r, C_t = (Σ⁻¹ + (μ/σ)²I)⁻¹ | azula |
//! | [`Unguided`] | 0 | the prior alone |
//! | [`Conditioned`] | (μ/σ²)(E[x given x_t, y] − x̂) | exact for a prior on finitely many fields |
//!
//! `sda` and `conditioned` take a nonlinear A as it is, `mmps`, `poly2`, `tmpd` and `pigdm_score` linearise it at x̂, and the others
//! refuse it: [`ObservationError::Nonlinear`](equipoise_observation::ObservationError::Nonlinear).
//!
//! All have x̂_y = x̂ + (σ²/μ) g, the guided estimate of x, since ε_y = (x_t − μ x̂_y)/σ.
//!
//! # Batches
//!
//! A method is given n members at one level, as n·D numbers one member after the other, with x̂ of each and J
//! at each: the denoiser is linearised once for all of them, so that a network runs forward once, and every
//! product with J is one call for the whole batch. Nothing else is shared. Norms, factors, inner solves and
//! their ends are a member's own, and so are its bits: those that it has alone, in any batch and at any place.
//! [`Guidance::gradient`] and [`Guidance::noise_estimate`] take one member.
//!
//! # A guidance of one's own
//!
//! [`Guidance::denoiser`] and [`Guidance::gradients`] make one:
//!
//! ```
//! use equipoise_denoiser::{Closure, Denoiser};
//! use equipoise_guidance::{Evidence, Guidance, GuidanceError, Scratch, States};
//! use equipoise_schedule::Level;
//!
//! /// Pulls the mean of x̂ to a number: g = Jᵀ1 (m − mean(x̂))/(D s²).
//! struct MeanIs {
//!     denoiser: Box<dyn Denoiser<f64>>,
//!     mean: f64,
//!     variance: f64,
//! }
//!
//! impl Guidance<f64> for MeanIs {
//!     fn denoiser(&self) -> &dyn Denoiser<f64> {
//!         &*self.denoiser
//!     }
//!
//!     fn gradients(
//!         &self,
//!         at: &mut States<'_, '_, f64>,
//!         g: &mut [f64],
//!         evidence: &mut [Evidence],
//!         scratch: &mut Scratch<f64>,
//!     ) -> Result<(), GuidanceError> {
//!         let dim = self.denoiser.dim();
//!         at.check(dim, g, evidence)?;
//!         let pull = |x_hat: &[f64]| {
//!             let mean = x_hat.iter().sum::<f64>() / dim as f64;
//!             (self.mean - mean) / (dim as f64 * self.variance)
//!         };
//!         scratch.field.clear();
//!         for x_hat in at.x_hat.chunks_exact(dim) {
//!             scratch.field.resize(scratch.field.len() + dim, pull(x_hat));
//!         }
//!         at.local.vjp(&scratch.field, g)?;
//!         for (evidence, g) in evidence.iter_mut().zip(g.chunks_exact(dim)) {
//!             let guidance_norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
//!             *evidence = Evidence { guidance_norm, ..Evidence::default() };
//!         }
//!         Ok(())
//!     }
//! }
//!
//! // x ~ N(0, I): x̂ = μx_t/(μ² + σ²).
//! let gain = |level: Level| level.mu / (level.mu.powi(2) + level.sigma.powi(2));
//! let scaled = move |v: &[f64], level: Level, out: &mut [f64]| {
//!     out.iter_mut().zip(v).for_each(|(o, v)| *o = gain(level) * v);
//!     Ok(())
//! };
//! let vjp = move |_: &[f64], level: Level, v: &[f64], out: &mut [f64]| scaled(v, level, out);
//! let denoiser = Box::new(Closure::new(2, scaled, vjp));
//! let guidance = MeanIs { denoiser, mean: 1.0, variance: 0.5 };
//!
//! // Two members of two numbers; x̂ is x_t.
//! let (x_t, level) = ([0.0, 0.0, 3.0, 1.0], Level { mu: 0.5, sigma: 0.5 });
//! let (mut eps, mut evidence) = ([0.0; 4], [Evidence::default(); 2]);
//! guidance.noise_estimates(&x_t, level, &mut eps, &mut evidence, &mut Scratch::new())?;
//! assert_eq!(eps, [-0.5, -0.5, 3.5, 1.5]);
//! # Ok::<(), GuidanceError>(())
//! ```
//!
//! What a method needs at each level, such as a factor or a ratio of traces, is kept in a [`LevelTable`], which
//! makes it once, at whatever levels a sampler meets.
//!
//! # Features
//!
//! `gaussian` adds what a Gaussian prior knows in closed form: `Exact`, `Jfps`, `GaussianPath` and
//! `Strength::trace_ratios`. It needs a BLAS and LAPACK; the rest does not.

#![warn(missing_debug_implementations)]

mod conditional;
mod conditioned;
mod diffpir;
mod error;
#[cfg(feature = "gaussian")]
mod exact;
#[cfg(feature = "gaussian")]
mod gaussian;
mod guide;
mod innovation;
#[cfg(feature = "gaussian")]
mod jfps;
mod lean;
mod levels;
mod mmps;
mod pigdm_score;
mod poly2;
mod probes;
mod sda;
mod strength;
mod tmpd;
mod unguided;

pub use conditional::ConditionalCovariance;
pub use conditioned::Conditioned;
pub use diffpir::DiffPir;
pub use error::{GuidanceError, Result};
#[cfg(feature = "gaussian")]
pub use exact::Exact;
#[cfg(feature = "gaussian")]
pub use gaussian::GaussianPath;
pub use guide::{Evidence, Guidance, Scratch, States};
#[cfg(feature = "gaussian")]
pub use jfps::Jfps;
pub use levels::LevelTable;
pub use mmps::Mmps;
pub use pigdm_score::PigdmScore;
pub use poly2::{Poly2, Quadratic};
pub use probes::{ProbedTraces, Probes, StatesOf, forward_noised};
pub use sda::Sda;
pub use strength::{Excess, ProbedStrength, Strength};
pub use tmpd::Tmpd;
pub use unguided::Unguided;
