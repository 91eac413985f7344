//! What a loop runs on, and the run that all loops share.

use super::batch::Batch;
use crate::{Member, SolverError, Start};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_sampler::{Outcome, SamplerError};
use equipoise_schedule::{Level, Schedule};
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
pub(super) struct Step {
    pub(super) index: usize,
    pub(super) t: f64,
    pub(super) next: f64,
}

impl<R: Real> Annealing<R> {
    /// The same, if its grid descends within [0, 1].
    pub(super) fn checked(self) -> Result<Self, SolverError> {
        for (index, &found) in self.grid.iter().enumerate() {
            if !(0.0..=1.0).contains(&found) || (index > 0 && found >= self.grid[index - 1]) {
                return Err(SamplerError::Grid { index, found }.into());
            }
        }
        Ok(self)
    }

    /// Refuses exact observations to a method that divides by s².
    pub(super) fn needs_noise(&self, method: &'static str) -> Result<(), SolverError> {
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

    /// Runs from draw 0 of every member's start to the end of the grid, all members in one batch, each with
    /// an `own` of its method's. `step` replaces their states and returns the level that the new ones are at;
    /// a state that is not finite ends its member's run and no other's.
    pub(super) fn run<S: Send>(
        &self,
        members: &[Member],
        own: impl Fn() -> S,
        mut step: impl FnMut(&mut Batch<'_, R, S>, Step) -> Result<Level, SolverError>,
    ) -> Result<Vec<Outcome<R>>, SolverError> {
        let mut batch = Batch::start(self, members, own);
        for (index, times) in self.grid.windows(2).enumerate() {
            if batch.is_empty() {
                break;
            }
            let (t, next) = (times[0], times[1]);
            let level = step(&mut batch, Step { index, t, next })?;
            batch.inspect(next, level);
        }
        Ok(batch.finish())
    }
}

/// `value`, if it is positive and finite.
pub(super) fn positive(
    method: &'static str,
    parameter: &'static str,
    value: f64,
) -> Result<f64, SolverError> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(SolverError::Parameter { method, parameter, found: value, expected: "a finite number above 0" })
}

/// `value`, if it lies in [0, 1].
pub(super) fn share(method: &'static str, parameter: &'static str, value: f64) -> Result<f64, SolverError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(SolverError::Parameter { method, parameter, found: value, expected: "a number in [0, 1]" })
}
