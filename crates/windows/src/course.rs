//! The levels that a run passes, and where it begins.

use crate::cost::positive;
use crate::error::Result;
use equipoise_schedule::{Level, Schedule, uniform_grid};
use serde::Serialize;

/// x at t = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// x_1 ~ N(0, I), as published.
    Normal,
    /// x_1 ~ N(0, μ²Σ + σ²I), the exact one.
    Prior,
}

/// The levels of a run, first to last, and its start.
#[derive(Clone, Debug)]
pub struct Course {
    pub(crate) levels: Vec<Level>,
    pub(crate) start: Start,
}

impl Course {
    /// A uniform grid of t from 1 to 0.
    ///
    /// # Errors
    /// [`WindowsError`](crate::WindowsError): no step, or a level whose σ/μ is not positive and finite.
    pub fn uniform(schedule: &dyn Schedule, steps: usize, start: Start) -> Result<Self> {
        let levels: Vec<Level> = uniform_grid(steps)?.into_iter().map(|t| schedule.level(t)).collect();
        levels.iter().try_for_each(|level| positive("σ/μ", level.ratio()))?;
        Ok(Self { levels, start })
    }

    /// σ/μ of every level at which guidance is asked for: all but the last.
    pub fn ratios(&self) -> Vec<f64> {
        self.levels[..self.levels.len() - 1].iter().map(Level::ratio).collect()
    }

    /// σ/μ of every level.
    pub(crate) fn all_ratios(&self) -> Vec<f64> {
        self.levels.iter().map(Level::ratio).collect()
    }
}
