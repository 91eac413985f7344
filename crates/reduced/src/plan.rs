//! What all members of a run do.

use crate::{Likelihood, Result};
use equipoise_sampler::SamplerError;
use equipoise_schedule::Level;

/// A predictor–corrector under one law.
pub(crate) struct Plan<'a> {
    pub(crate) likelihood: &'a Likelihood,
    /// The grid, and its levels.
    pub(crate) times: &'a [f64],
    pub(crate) levels: Vec<Level>,
    /// After every step that leaves noise.
    pub(crate) corrections: usize,
    pub(crate) tau: f64,
    /// The largest ‖x − μm‖/√D that a field holds.
    pub(crate) largest: f64,
}

impl Plan<'_> {
    pub(crate) fn steps(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// The level at entry `index`, where there is noise to estimate.
    pub(crate) fn evaluable(&self, index: usize) -> Result<Level> {
        let (t, level) = (self.times[index], self.levels[index]);
        let positive = |scale: f64| scale.is_finite() && scale > 0.0;
        if positive(level.mu) && positive(level.sigma) {
            return Ok(level);
        }
        Err(SamplerError::Level { t, mu: level.mu, sigma: level.sigma }.into())
    }

    /// Corrections after step `index`: they are proportional to σ, and without noise ε̂ has no value.
    pub(crate) fn corrections_after(&self, index: usize) -> usize {
        if self.levels[index + 1].sigma > 0.0 { self.corrections } else { 0 }
    }
}
