//! What a loop runs on, and the run that all loops share.

use super::walk::Walk;
use crate::{Member, SolverError, Start};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_observation::Observed;
use equipoise_sampler::{Outcome, SamplerError};
use equipoise_schedule::{Level, Schedule};
use std::sync::Arc;

/// A prior, an observation, and the noise levels that a loop comes down through.
#[derive(Clone)]
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

    /// A run from draw 0 of `member.start` to the end of the grid. `step` replaces the walk's state
    /// and returns the level that the new one is at; a state that is not finite ends the run.
    pub(super) fn run(
        &self,
        member: &Member,
        mut step: impl FnMut(&mut Walk<'_, R>, Step) -> Result<Level, SolverError>,
    ) -> Result<Outcome<R>, SolverError> {
        let first = self.schedule.level(self.grid.first().copied().unwrap_or(1.0));
        let start = self.start.draw(self.dim(), first, member.start);
        let mut walk = Walk::new(self, start, member.langevin);
        for (index, times) in self.grid.windows(2).enumerate() {
            let (t, next) = (times[0], times[1]);
            let level = step(&mut walk, Step { index, t, next })?;
            if let Some(non_finite) = walk.trace.inspect(&walk.x, next, level, self.bound) {
                return Ok(Outcome::Diverged { x: walk.x, t: next, non_finite, trace: walk.trace });
            }
        }
        Ok(Outcome::Finished { x: walk.x, trace: walk.trace })
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
