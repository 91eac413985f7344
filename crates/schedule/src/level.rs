//! The schedule trait and the pair (μ, σ) at one time.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Signal and noise scale at one diffusion time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// μ, the signal scale.
    pub mu: f64,
    /// σ, the noise scale.
    pub sigma: f64,
}

impl Level {
    /// ρ = σ/μ, the noise scale in the variable x_t/μ.
    pub fn ratio(&self) -> f64 {
        self.sigma / self.mu
    }
}

/// A map from diffusion time t ∈ [0, 1] to signal and noise scale.
pub trait Schedule: Send + Sync {
    /// μ(t).
    fn mu(&self, t: f64) -> f64;

    /// σ(t).
    fn sigma(&self, t: f64) -> f64;

    /// Both at once.
    fn level(&self, t: f64) -> Level {
        Level { mu: self.mu(t), sigma: self.sigma(t) }
    }
}

impl fmt::Debug for dyn Schedule + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schedule")
    }
}
