//! Guided noise estimates ε_y = ε̂ − σ g with g ≈ ∇_{x_t} log p(y | x_t): one method per file.
//!
//! | method | g | reference |
//! |---|---|---|
//! | [`Sda`] | JᵀAᵀ r/v(t), v(t) = s² + γ(σ/μ)² or another scaling law | Rozet & Louppe 2023 |
//! | [`Exact`] | JᵀAᵀ(s²I + A V Aᵀ)⁻¹ r | exact for a Gaussian prior |
//! | [`Mmps`] | the same by conjugate gradients, with C for V | Rozet et al. 2024 |
//! | [`Poly2`] | JᵀAᵀ(c₀ + c₁M + c₂M²) r, M = s²I + A C Aᵀ | the best quadratic for M⁻¹ |
//! | [`Tmpd`] | JᵀAᵀ r/(s² + A C Aᵀ1) | Boys et al. 2024 |
//! | [`PigdmScore`] | JᵀAᵀ(s²I + ρ²A Aᵀ)⁻¹ r, ρ² = σ²/(μ² + σ²) | Song et al. 2023 |
//! | [`DiffPir`] | Aᵀ(s²I + ρ²A Aᵀ)⁻¹ r/(λμ), ρ² = σ²/(λμ²) | Zhu et al. 2023 |
//! | [`Jfps`] | (μ/σ²)C_tAᵀ(s²I + A C_t Aᵀ)⁻¹ r, C_t = (Σ⁻¹ + (μ/σ)²I)⁻¹ | azula |
//! | [`Unguided`] | 0 | the prior alone |
//! | [`Conditioned`] | (μ/σ²)(E[x given x_t, y] − x̂) | exact for a prior on finitely many fields |
//!
//! `sda` and `conditioned` take a nonlinear A as it is, `mmps`, `poly2`, `tmpd` and `pigdm_score` linearise it at x̂, and the others
//! refuse it: [`ObservationError::Nonlinear`](equipoise_observation::ObservationError::Nonlinear).
//!
//! All have x̂_y = x̂ + (σ²/μ) g, the guided estimate of x, since ε_y = (x_t − μ x̂_y)/σ.

mod conditional;
mod conditioned;
mod diffpir;
mod error;
#[cfg(feature = "gaussian")]
mod exact;
#[cfg(feature = "gaussian")]
mod gaussian;
mod guide;
#[cfg(feature = "gaussian")]
mod jfps;
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
pub use error::GuidanceError;
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
pub use probes::{Probes, StatesOf, forward_noised};
pub use sda::Sda;
pub use strength::{Excess, ProbedStrength, Strength};
pub use tmpd::Tmpd;
pub use unguided::Unguided;
