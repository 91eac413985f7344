//! What a loop runs on, and the run that all loops share.

use crate::{Result, SolverError, Start};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_schedule::Schedule;
use std::sync::Arc;

/// A prior, an observation, and the noise levels that a loop comes down through.
#[derive(Clone, Debug)]
pub struct Annealing<R: Real> {
    /// x̂ and its Jacobian.
    pub denoiser: Arc<dyn Denoiser<R>>,
    /// y, A and s²; A takes fields of the denoiser's length D.
    pub observation: Arc<Observed<R>>,
    /// μ and σ over time; both must be positive at every time of the grid but the last.
    pub schedule: Arc<dyn Schedule>,
    /// The times of the run, descending within [0, 1].
    pub grid: Vec<f64>,
    /// The law of the state at the first time.
    pub start: Start<R>,
    /// The largest |x| that a clean state can have, beyond which an excursion is recorded.
    pub bound: f64,
}

/// One step of a loop, from time `t` to `next` < `t`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(super) index: usize,
    pub(super) t: f64,
    pub(super) next: f64,
}

impl<R: Real> Annealing<R> {
    /// Refuses exact observations to a method that divides by s².
    pub(super) fn needs_noise(&self, method: &'static str) -> Result<()> {
        let (noise, count) = (self.observation.noise(), self.observation.count());
        if (0..count).all(|i| noise.at(i) > 0.0) {
            return Ok(());
        }
        Err(SolverError::Needs { method, found: "an observation without noise", expected: "s² above 0" })
    }

    /// D.
    pub(super) fn dim(&self) -> usize {
        self.denoiser.dim()
    }
}
