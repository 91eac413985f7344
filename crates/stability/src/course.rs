//! The noise levels that a run steps through.

use crate::{Result, StabilityError};
use equipoise_guidance::Strength;
use equipoise_observation::NoiseVariance;
use equipoise_reduced::{Likelihood, Weighing};
use equipoise_schedule::{Level, Schedule};

/// Times from noise to data with their levels: step i leads from entry i to entry i + 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    times: Vec<f64>,
    levels: Vec<Level>,
    held: Option<Vec<f64>>,
}

/// How a guidance g = JᵀAᵀW r weighs the residual at one level: W is `factor` times the inverse of what `weighing`
/// says.
#[derive(Clone, Debug)]
pub(crate) struct Weight {
    pub(crate) weighing: Weighing,
    pub(crate) factor: f64,
    pub(crate) rho: f64,
}

/// λ/(λ + ρ²), which is μ times the Jacobian's eigenvalue.
pub(crate) fn gain(lambda: f64, rho: f64) -> f64 {
    if lambda > 0.0 { lambda / (lambda + rho * rho) } else { 0.0 }
}

impl Weight {
    /// W = I.
    pub(crate) fn one(rho: f64) -> Self {
        Self { weighing: Weighing::Diagonal(NoiseVariance::Uniform(1.0)), factor: 1.0, rho }
    }

    /// ρ²λ/(λ + ρ²), the eigenvalue of Cov[x | x_t].
    pub(crate) fn covariance(&self, lambda: f64) -> f64 {
        self.rho * self.rho * gain(lambda, self.rho)
    }

    /// W where it is one number.
    pub(crate) fn uniform(&self) -> Option<f64> {
        match &self.weighing {
            Weighing::Diagonal(variance) => variance.uniform().map(|v| self.factor / v),
            Weighing::Innovation => None,
        }
    }
}

impl Course {
    /// The levels of `schedule` along a sampler's `times`.
    ///
    /// # Errors
    /// [`StabilityError::Course`] with fewer than two times; [`StabilityError::Level`] unless
    /// ρ = σ/μ falls from step to step and is finite and positive, 0 being allowed at the end.
    pub fn new(schedule: &dyn Schedule, times: &[f64]) -> Result<Self> {
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
        Ok(Self { times: times.to_vec(), levels, held: None })
    }

    /// With what a law's factor that follows the state (`adaptive`) is held at, at every time: what g is multiplied
    /// by beside the law's own factor. Its step is then the affine one that the run takes where those numbers were
    /// read, and certificates are local.
    ///
    /// # Errors
    /// [`StabilityError::Length`] unless there is one for each time.
    pub fn holding(self, factors: Vec<f64>) -> Result<Self> {
        let (found, expected) = (factors.len(), self.times.len());
        if found != expected {
            return Err(StabilityError::Length { what: "factors", found, expected });
        }
        Ok(Self { held: Some(factors), ..self })
    }

    /// Whether factors are held.
    pub fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// W at entry `i`.
    pub(crate) fn weight(&self, likelihood: &Likelihood, i: usize) -> Result<Weight> {
        let factor = match (likelihood, &self.held) {
            (Likelihood::Exact, _) => 1.0,
            (Likelihood::Law(strength), Some(held)) => strength.factor * held[i],
            (Likelihood::Law(Strength { adaptive: Some(_), .. }), None) => {
                return Err(StabilityError::StateDependent);
            }
            (Likelihood::Law(strength), None) => strength.factor,
        };
        Ok(Weight { weighing: likelihood.at(self.levels[i])?, factor, rho: self.ratio(i) })
    }

    /// W at the beginning of every step.
    pub(crate) fn weights(&self, likelihood: &Likelihood) -> Result<Vec<Weight>> {
        (0..self.steps()).map(|i| self.weight(likelihood, i)).collect()
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
