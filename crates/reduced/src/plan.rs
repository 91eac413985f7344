//! What all members of a run do.

use crate::{Likelihood, ReducedError};
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
    /// Corrections after step `index`: they are proportional to σ, and without noise ε̂ has no value.
    pub(crate) fn corrections_after(&self, index: usize) -> usize {
        if self.levels[index + 1].sigma > 0.0 { self.corrections } else { 0 }
    }
}

/// A level where there is noise to estimate.
pub(crate) fn evaluable(t: f64, level: Level) -> Result<Level, ReducedError> {
    let positive = |scale: f64| scale.is_finite() && scale > 0.0;
    if positive(level.mu) && positive(level.sigma) {
        return Ok(level);
    }
    Err(SamplerError::Level { t, mu: level.mu, sigma: level.sigma }.into())
}
