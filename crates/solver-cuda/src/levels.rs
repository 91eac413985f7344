//! What the steps of a run need of their levels, made before it.

use crate::StepError;
use crate::arguments::Coefficients;
use equipoise_field::Real;
use equipoise_guidance::Strength;
use equipoise_likelihood::Variance;
use equipoise_likelihood_cuda::Arguments as Reduction;
use equipoise_likelihood_cuda::variant::Weight;
use equipoise_observation::NoiseVariance;
use equipoise_sampler::SamplerError;
use equipoise_schedule::Level;
use equipoise_solver::Inference;
use equipoise_wiener::{Wiener, gain};

/// One step's numbers.
pub(crate) struct Step {
    /// The level that it leaves.
    pub(crate) now: Level,
    /// Where it leads: t′ and its level.
    pub(crate) t: f64,
    pub(crate) then: Level,
    /// From 0.
    pub(crate) number: u32,
    pub(crate) coefficients: Coefficients,
    /// 1/v, or nothing, and Σ log v; the rest as [`Levels::reduction`].
    pub(crate) precision: f64,
    pub(crate) log_variance: f64,
}

/// All steps of a run.
pub(crate) struct Levels<R> {
    pub(crate) steps: Vec<Step>,
    /// w = j − j_⊥, r numbers a step.
    pub(crate) gains: Vec<R>,
    /// 1/v, one number a channel and step, where v is per channel.
    pub(crate) precisions: Vec<f64>,
    /// s² under the law, where v is per observation.
    pub(crate) base_variances: Vec<f64>,
    /// The form of v.
    pub(crate) weight: Weight,
    /// The record of the reduction for v of the first step.
    pub(crate) reduction: Reduction,
}

impl<R: Real> Levels<R> {
    /// For the steps of a run. `reduction` knows the points.
    ///
    /// # Errors
    /// [`StepError::Sampler`] at a level without noise, [`StepError::Guidance`] where the law has no
    /// strength, [`StepError::Likelihood`] where v is not positive.
    pub(crate) fn new(
        inference: &Inference<R>,
        wiener: &Wiener<R>,
        strength: &Strength,
        reduction: Reduction,
    ) -> Result<Self, StepError> {
        let weight = match &strength.variance {
            NoiseVariance::Uniform(_) => Weight::Scalar,
            NoiseVariance::PerChannel { .. } => Weight::Channel,
            NoiseVariance::PerObservation(_) => Weight::Each,
        };
        let (gains, precisions, steps) = (Vec::new(), Vec::new(), Vec::new());
        let mut levels = Self { steps, gains, precisions, base_variances: Vec::new(), weight, reduction };
        if let NoiseVariance::PerObservation(base) = &strength.variance {
            levels.base_variances.clone_from(base);
        }
        let (schedule, grid) = (&inference.schedule, inference.sampler.grid());
        for (index, times) in grid.windows(2).enumerate() {
            let now = positive(times[0], schedule.level(times[0]))?;
            let then = schedule.level(times[1]);
            let rest = wiener.prior_covariance().complement().map_or(0.0, |l| gain::jacobian(now, l));
            levels.gains.extend_from_slice(&wiener.gains(now).resolved);
            let coefficients = coefficients(now, then, rest, strength)?;
            let (precision, log_variance) = levels.weigh(&strength.variance_at(now)?)?;
            let (t, number) = (times[1], index as u32);
            levels.steps.push(Step { now, t, then, number, coefficients, precision, log_variance });
        }
        Ok(levels)
    }

    /// Takes the table of one level's v; (1/v, Σ log v) where they are single numbers.
    fn weigh(&mut self, variance: &NoiseVariance) -> Result<(f64, f64), StepError> {
        let count = self.reduction.count as usize;
        let held: Vec<R>;
        let variance = match variance {
            NoiseVariance::Uniform(v) => Variance::Scalar(*v),
            NoiseVariance::PerChannel { values, plane } => Variance::PerChannel { values, plane: *plane },
            NoiseVariance::PerObservation(values) => {
                held = values.iter().map(|v| R::narrow(*v)).collect();
                Variance::PerObservation(&held)
            }
        };
        variance.check(count)?;
        let precisions = self.reduction.set_variance(&variance);
        self.precisions.extend(precisions);
        Ok((self.reduction.precision, self.reduction.log_variance))
    }
}

/// The scalars of a step from `now` to `then`.
fn coefficients(now: Level, then: Level, rest: f64, strength: &Strength) -> Result<Coefficients, StepError> {
    let Level { mu, sigma } = now;
    let keep = then.mu / mu;
    Ok(Coefficients {
        mu,
        rest,
        damping: (1.0 - mu * rest) / sigma,
        ratio: mu / sigma,
        pull: sigma * strength.factor,
        keep,
        shift: then.sigma - keep * sigma,
        excess: strength.excess_at(now)?,
    })
}

fn positive(t: f64, level: Level) -> Result<Level, SamplerError> {
    let Level { mu, sigma } = level;
    let holds = |scale: f64| scale.is_finite() && scale > 0.0;
    if holds(mu) && holds(sigma) { Ok(level) } else { Err(SamplerError::Level { t, mu, sigma }) }
}
