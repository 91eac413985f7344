//! The pair (std, γ) before and after a law, and the variance v(t) that it means.

use serde::{Deserialize, Serialize};

/// s and γ as given, before a law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// s, the standard deviation of the observation noise, normalised units.
    pub std: f64,
    /// γ.
    pub gamma: f64,
}

/// std and γ as a law sets them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LawParameters {
    /// The standard deviation in v(t).
    pub std: f64,
    /// The factor of (σ/μ)² in v(t).
    pub gamma: f64,
}

impl LawParameters {
    /// v = std² + γ(σ/μ)², with `level_ratio` = σ/μ.
    ///
    /// Reference: Rozet and Louppe 2023 (arXiv 2306.10574), section 3.2.
    pub fn variance(self, level_ratio: f64) -> f64 {
        self.std * self.std + self.gamma_term(level_ratio)
    }

    /// γ(σ/μ)², the part of v that grows with diffusion time.
    pub fn gamma_term(self, level_ratio: f64) -> f64 {
        self.gamma * level_ratio * level_ratio
    }
}

/// std = 0.1 and γ = 0.01, the study's base of every law but `clamped_linear` (sections 3.1, 10.3).
pub const PUBLISHED_BASE: Base = Base { std: 0.1, gamma: 0.01 };

/// The stride whose number of observations is the study's N_ref (section 13.5).
pub const PUBLISHED_REFERENCE_SUB: usize = 4;
