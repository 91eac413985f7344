//! The noise levels that a run steps through.

use crate::StabilityError;
use equipoise_schedule::{Level, Schedule};

/// Times from noise to data with their levels: step i leads from entry i to entry i + 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    times: Vec<f64>,
    levels: Vec<Level>,
}

impl Course {
    /// The levels of `schedule` along a sampler's `times`.
    ///
    /// # Errors
    /// [`StabilityError::Course`] with fewer than two times; [`StabilityError::Level`] unless
    /// ρ = σ/μ falls from step to step and is finite and positive, 0 being allowed at the end.
    pub fn new(schedule: &dyn Schedule, times: &[f64]) -> Result<Self, StabilityError> {
        if times.len() < 2 {
            return Err(StabilityError::Course { found: times.len() });
        }
        let levels: Vec<Level> = times.iter().map(|&t| schedule.level(t)).collect();
        let last = levels.len() - 1;
        for (index, level) in levels.iter().enumerate() {
            let rho = level.ratio();
            let falls = index == 0 || rho < levels[index - 1].ratio();
            let positive = rho > 0.0 || (index == last && rho >= 0.0);
            if !(rho.is_finite() && positive && falls) {
                return Err(StabilityError::Level { index, found: rho });
            }
        }
        Ok(Self { times: times.to_vec(), levels })
    }

    /// The number of steps.
    pub fn steps(&self) -> usize {
        self.levels.len() - 1
    }

    /// The times, one more than there are steps.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The levels at the times.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// ρ = σ/μ at entry i.
    pub fn ratio(&self, i: usize) -> f64 {
        self.levels[i].ratio()
    }

    /// q = 1 − ρ′/ρ, the share of the noise that step i takes away.
    pub fn share(&self, i: usize) -> f64 {
        1.0 - self.ratio(i + 1) / self.ratio(i)
    }
}
