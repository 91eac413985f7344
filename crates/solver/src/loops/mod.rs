//! Methods that own their loop, one paper a file, all on an [`Annealing`].
//!
//! | method | step | reference |
//! |---|---|---|
//! | `Dps` | ancestral, then −ζ∇‖r‖ | Chung et al. 2023 |
//! | [`SdaDps`] | SDA's predictor with g = −2ζ∇‖r‖ | Rozet & Louppe 2023, its code |
//! | `Dsg` | a step of fixed length towards −∇‖r‖ | Yang et al. 2024 |
//! | `Mcg` | as `Dps`, then A x replaced by noisy y | Chung et al. 2022 |
//! | `Pigdm` | DDIM of the prior, then r² times the likelihood score | Song et al. 2023 |
//! | `Ddrm` | per singular direction of A | Kawar et al. 2022 |
//! | `Ddnm` | x̂ replaced by y where A sees it | Wang et al. 2023 |
//! | `PnpAdmm` | a point estimate: data fit, denoiser, multiplier | Venkatakrishnan et al. 2013 |
//! | `RedDiff` | a point estimate: stochastic gradient descent | Mardani et al. 2024 |
//! | `Daps` | x̂₀ by the flow, x | x̂₀, y, and fresh noise | Zhang et al. 2025 |
//!
//! Sampling methods return x at the last level of the grid, μ and σ in it, as the samplers do; point
//! estimates return a clean field.

mod annealing;
mod batch;
pub(crate) mod daps;
pub(crate) mod ddnm;
pub(crate) mod ddrm;
mod decompose;
mod directions;
pub(crate) mod dps;
pub(crate) mod dsg;
mod looped;
pub(crate) mod mcg;
mod normal;
pub(crate) mod pigdm;
pub(crate) mod pnp_admm;
pub(crate) mod red_diff;
pub(crate) mod sda_dps;
mod singular;
mod walk;

#[cfg(test)]
mod tests;

pub use annealing::Annealing;
pub(crate) use directions::Directions;
pub(crate) use looped::{Loop, bind};
pub use sda_dps::SdaDps;

/// The step sizes ζ that tuning tries.
const ZETAS: &[f64] = &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// The shares η that tuning tries.
const ETAS: &[f64] = &[0.0, 0.2, 0.5, 0.7, 0.85, 0.95, 1.0];
