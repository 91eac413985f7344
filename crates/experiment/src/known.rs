//! What is known of the posterior under a prior.

use crate::{Boxed, Flow, Problem, Reference, Shared};
use equipoise_field::{Real, sum};
use equipoise_guidance::Conditioned;
use equipoise_observation::Observed;
use equipoise_posterior::VarianceField;
use equipoise_prior::PriorDenoiser;
use std::sync::Arc;

/// What errors and guidance can be held to.
#[derive(Debug)]
pub enum Known {
    /// That of the Gaussian.
    Gaussian(Moments),
    /// That of the training windows: the same windows with other probabilities.
    Empirical {
        /// Its mean and variance.
        moments: Moments,
        /// The exact guidance.
        exact: Arc<Conditioned<f32>>,
    },
    /// Nothing but the truth.
    Nothing,
}

/// Mean and variance of x | y.
#[derive(Debug)]
pub struct Moments {
    /// E[x | y].
    pub mean: Vec<f32>,
    /// Of every entry.
    pub variance: Arc<VarianceField<f32>>,
    /// Averaged over the field.
    pub mean_variance: f64,
    /// By the bits of σ(0).
    pub(crate) references: Shared<Reference>,
}

impl Moments {
    /// Of a posterior.
    fn new(mean: Vec<f32>, variance: Arc<VarianceField<f32>>) -> Self {
        let values = &variance.values;
        let mean_variance = sum::of(values.len(), |i| values[i].wide()) / values.len() as f64;
        Self { mean, variance, mean_variance, references: Shared::default() }
    }
}

impl Known {
    /// Under the Gaussian.
    pub(crate) fn gaussian(problem: &Problem, flow: &Flow, observation: &Observed<f32>) -> Boxed<Self> {
        let mean = problem.posterior()?.mean(observation.values())?;
        Ok(Self::Gaussian(Moments::new(mean, problem.variance(flow)?)))
    }

    /// Under another prior.
    pub(crate) fn of(denoiser: &PriorDenoiser, observation: &Observed<f32>) -> Boxed<Self> {
        let Some(prior) = denoiser.empirical() else { return Ok(Self::Nothing) };
        let exact = Arc::new(Conditioned::new(prior, observation)?);
        let found = exact.posterior().moments()?;
        let narrow = |values: &[f64]| values.iter().map(|v| f32::narrow(*v)).collect();
        let variance = VarianceField { values: narrow(&found.variance), relative_standard_error: None };
        let moments = Moments::new(narrow(&found.mean), Arc::new(variance));
        Ok(Self::Empirical { moments, exact })
    }

    /// Mean and variance, where they are known.
    pub fn moments(&self) -> Option<&Moments> {
        match self {
            Self::Gaussian(moments) | Self::Empirical { moments, .. } => Some(moments),
            Self::Nothing => None,
        }
    }
}
