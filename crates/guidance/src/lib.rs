//! Guided noise estimates ε_y = ε̂ − σ g with g ≈ ∇_{x_t} log p(y | x_t): one method per file.
//!
//! | method | g | reference |
//! |---|---|---|
//! | [`Sda`] | JᵀAᵀ r/v(t), v(t) = s² + γ(σ/μ)² or another scaling law | Rozet & Louppe 2023 |
//! | [`Exact`] | JᵀAᵀ(s²I + A V Aᵀ)⁻¹ r | exact for a Gaussian prior |

mod error;
mod exact;
mod gaussian;
mod guide;
mod levels;
mod observation;
mod sda;
mod strength;

pub use error::GuidanceError;
pub use exact::Exact;
pub use gaussian::GaussianPath;
pub use guide::{Evidence, Guidance, Scratch};
pub use levels::LevelTable;
pub use observation::Observation;
pub use sda::Sda;
pub use strength::{Excess, Strength};
