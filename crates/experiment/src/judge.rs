//! What the members of an ensemble are judged by, in sweeps and benchmarks alike.

use crate::{BoxError, Boxed, Moments};
use equipoise_field::Real;
use equipoise_metrics as metrics;
use equipoise_metrics::{Ensemble, Evidence, Inclusion, Range};
use equipoise_observation::Observed;
use equipoise_sampler::Outcome;
use equipoise_solver::Ensemble as Drawn;
use std::sync::Arc;

/// What an ensemble is put beside.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The truth, normalised.
    pub truth: &'a [f32],
    /// The cells that errors are measured over.
    pub included: Inclusion<'a>,
    /// The mean of the Gaussian prior.
    pub prior_mean: &'a [f32],
    /// y with A and s².
    pub observed: &'a Observed<f32>,
}

/// The exact posterior as samples with the sampler's last noise σ(0) see it.
#[derive(Debug)]
pub struct Reference {
    /// RMSE of the posterior mean, which no point undercuts.
    pub mean_rmse: f64,
    /// RMSE of exact posterior samples with σ(0).
    pub floor: f64,
    /// Var[x | y] + σ(0)² of every entry.
    pub variance: Vec<f32>,
}

/// Variances of exact samples that keep the sampler's last noise.
pub fn widened(variance: &[f32], sigma_zero: f64) -> Vec<f32> {
    let last = f32::narrow(sigma_zero * sigma_zero);
    variance.iter().map(|v| v + last).collect()
}

impl Moments {
    /// What ensembles are held to, once for every σ(0): trials of all laws share it. It is of the truth and the cells
    /// that it is asked for first.
    ///
    /// # Errors
    /// Those of the metrics.
    pub fn reference(&self, beside: &Beside<'_>, sigma_zero: f64) -> Boxed<Arc<Reference>> {
        self.references.get(sigma_zero.to_bits().to_string(), || {
            let &Beside { truth, included, .. } = beside;
            let variance = &self.variance.values;
            Ok(Arc::new(Reference {
                mean_rmse: metrics::rmse(&self.mean, truth, included)?,
                floor: metrics::floor_rmse(&self.mean, variance, truth, sigma_zero, included)?,
                variance: widened(variance, sigma_zero),
            }))
        })
    }
}

/// The root mean square of a measure over the members, by their weights.
///
/// # Errors
/// Those of the measure.
pub fn pooled(ensemble: &Ensemble<'_, f32>, measure: impl Fn(&[f32]) -> Boxed<f64>) -> Boxed<f64> {
    Ok(ensemble.average(|x| Ok::<_, BoxError>(measure(x)?.powi(2)))?.sqrt())
}

/// Over all members, whatever they weigh.
fn pooled_range(runs: &[Outcome<f32>]) -> Boxed<Range> {
    let mut pooled = Range { min: f64::INFINITY, max: f64::NEG_INFINITY, non_finite: 0 };
    for run in runs {
        let range = metrics::range(run.x(), Inclusion::All)?;
        pooled.min = pooled.min.min(range.min);
        pooled.max = pooled.max.max(range.max);
        pooled.non_finite += range.non_finite;
    }
    Ok(pooled)
}

impl Beside<'_> {
    /// What the state of all members together follows from: ranges are over all of them, whatever they weigh, so that
    /// one that diverged is seen; RMSE, misfit and fluctuation ratio are [pooled]. Ranges and the misfit see every
    /// cell, the error measures those included.
    ///
    /// # Errors
    /// Those of the metrics.
    pub fn evidence(&self, drawn: &Drawn<f32>, floor: Option<f64>) -> Boxed<Evidence> {
        let &Self { truth, included, prior_mean, .. } = self;
        let (fields, log_weights) = drawn.counted();
        let ensemble = &Ensemble::weighted(&fields, &log_weights)?;
        Ok(Evidence {
            range: pooled_range(drawn.outcomes())?,
            truth: metrics::range(truth, Inclusion::All)?,
            misfit: pooled(ensemble, |x| self.misfit(x))?,
            rmse: pooled(ensemble, |x| Ok(metrics::rmse(x, truth, included)?))?,
            floor_rmse: floor,
            fluctuation_ratio: pooled(ensemble, |x| {
                Ok(metrics::fluctuation_ratio(x, truth, prior_mean, included)?)
            })?,
        })
    }

    /// χ of one member over all observations.
    fn misfit(&self, x: &[f32]) -> Boxed<f64> {
        let mut residual = vec![0.0f32; self.observed.count()];
        self.observed.residual(x, &mut residual);
        Ok(metrics::misfit(&residual, |i| self.observed.noise().at(i).sqrt())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A particle that diverged has no weight, and is seen.
    #[test]
    fn the_range_is_over_all_members() {
        let finished = Outcome::Finished { x: vec![1.0, -2.0], trace: Default::default() };
        let x = vec![f32::NAN, 7.0];
        let diverged = Outcome::Diverged { x, t: 0.5, non_finite: 1, trace: Default::default() };
        let drawn = Drawn::new(vec![finished, diverged]).weighted(vec![0.0, -1.0]).unwrap();
        assert_eq!(drawn.counted().0.len(), 1);
        let range = pooled_range(drawn.outcomes()).unwrap();
        assert_eq!((range.min, range.max, range.non_finite), (-2.0, 7.0, 1));
    }
}
