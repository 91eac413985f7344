//! How a run advances: schedule, grid and sampler, made from their names once.

use crate::Result;
use equipoise_field::sketched;
use equipoise_sampler::{Sampler, SamplerName};
use equipoise_schedule::{Level, Schedule, ScheduleName, Spacing};
use equipoise_solver::{Inference, Problem, Start};
use std::fmt;
use std::sync::Arc;

/// How a run advances, by names and numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// The schedule.
    pub schedule: ScheduleName,
    /// η, the noise left at t = 0.
    pub eta: f64,
    /// The sampler.
    pub sampler: SamplerName,
    /// How the times are spaced.
    pub spacing: Spacing,
    /// Predictor steps.
    pub steps: usize,
    /// Corrector steps after each.
    pub corrections: usize,
    /// τ, the size of a corrector step.
    pub tau: f64,
}

/// How a run advances.
#[derive(Clone)]
pub struct Course {
    /// t → (μ, σ).
    pub schedule: Arc<dyn Schedule>,
    /// The steps, over their grid of times.
    pub sampler: Arc<dyn Sampler<f32>>,
}

impl Setup {
    /// τ where no corrector step is taken.
    pub const TAU: f64 = 0.5;

    /// Schedule, grid and sampler.
    ///
    /// # Errors
    /// Those of the schedule and of the sampler.
    pub fn build(&self) -> Result<Course> {
        let schedule: Arc<dyn Schedule> = Arc::from(self.schedule.build(self.eta)?);
        let grid = self.spacing.grid(&*schedule, self.steps)?;
        let sampler = self.sampler.build(&*schedule, grid, self.corrections, self.tau)?;
        Ok(Course { schedule, sampler })
    }
}

/// What tells the levels of one run from those of another.
impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { schedule, eta, sampler, spacing, steps, .. } = self;
        write!(f, "{schedule} {eta} {spacing} {steps} {sampler}")
    }
}

impl Course {
    /// What any method is bound to: a prior with y, A and s², the law of x_1, and the bound on max|x_t| that a
    /// run is told to have left.
    pub fn inference(&self, problem: Problem<f32>, start: Start<f32>, bound: f64) -> Inference<f32> {
        let (schedule, sampler) = (Arc::clone(&self.schedule), Arc::clone(&self.sampler));
        Inference { problem, schedule, sampler, start, bound }
    }

    /// The levels at which a run evaluates its guidance.
    pub fn levels(&self) -> Vec<Level> {
        self.sampler.evaluated().iter().map(|&t| self.schedule.level(t)).collect()
    }

    /// The same and those of other times.
    pub fn levels_and(&self, times: &[f64]) -> Vec<Level> {
        self.levels().into_iter().chain(times.iter().map(|&t| self.schedule.level(t))).collect()
    }
}

sketched!([] Course, "Course", |own| grid = own.sampler.grid());
