//! What is known of the posterior under a trial's prior.

use crate::BoxError;
use crate::problem::{Draw, Problem, Shared, once};
use equipoise_field::{Real, sum};
use equipoise_guidance::Conditioned;
use equipoise_posterior::{ExactPosterior, MeanVariance};
use equipoise_prior::Analytic;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Probes of the posterior variance where it has no closed form.
const PROBES: usize = 32;

/// What errors and guidance can be held to.
pub(crate) enum Known {
    /// That of the Gaussian.
    Gaussian(Moments),
    /// That of the training windows: the same windows with other probabilities.
    Empirical { moments: Moments, exact: Arc<Conditioned<f32>> },
    /// Nothing but the truth.
    Nothing,
}

/// Mean and variance of x | y.
pub(crate) struct Moments {
    pub(crate) mean: Vec<f32>,
    /// Averaged over the field.
    pub(crate) variance: MeanVariance,
    /// RMSE of the mean and of posterior samples, by the bits of σ(0).
    errors: Shared<(f64, f64)>,
}

impl Moments {
    fn new(mean: Vec<f32>, variance: MeanVariance) -> Self {
        Self { mean, variance, errors: Shared::default() }
    }

    /// What `measure` makes of the variance, once for every σ(0): trials of all laws are held to it.
    pub(crate) fn against(
        &self,
        sigma_zero: f64,
        measure: impl FnOnce(f64) -> Result<(f64, f64), BoxError>,
    ) -> Result<(f64, f64), BoxError> {
        let key = sigma_zero.to_bits().to_string();
        Ok(*once(&self.errors, &key, || Ok(Arc::new(measure(self.variance.value)?)))?)
    }
}

impl Known {
    /// Under the Gaussian; `probes` names the draws where its variance has no closed form.
    pub(crate) fn gaussian(problem: &Problem, draw: &Draw, probes: Stream) -> Result<Self, BoxError> {
        let gaussian = &problem.gaussian;
        let posterior = ExactPosterior::new(gaussian.observed().clone(), gaussian.wiener().mean().to_vec())?;
        let mean = posterior.mean(draw.observation.values())?;
        let variance = posterior.mean_variance(PROBES, probes)?;
        Ok(Self::Gaussian(Moments::new(mean, variance)))
    }

    /// Under another prior.
    pub(crate) fn of(analytic: &Analytic, draw: &Draw) -> Result<Self, BoxError> {
        let Some(prior) = analytic.empirical() else { return Ok(Self::Nothing) };
        let exact = Arc::new(Conditioned::new(prior, &draw.observation)?);
        let found = exact.posterior().moments()?;
        let value = sum::of(found.variance.len(), |i| found.variance[i]) / found.variance.len() as f64;
        let mean = found.mean.iter().map(|m| f32::narrow(*m)).collect();
        let moments = Moments::new(mean, MeanVariance { value, standard_error: None });
        Ok(Self::Empirical { moments, exact })
    }

    /// Mean and variance, where they are known.
    pub(crate) fn moments(&self) -> Option<&Moments> {
        match self {
            Self::Gaussian(moments) | Self::Empirical { moments, .. } => Some(moments),
            Self::Nothing => None,
        }
    }
}
