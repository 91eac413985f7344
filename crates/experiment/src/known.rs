//! What is known of the posterior under a prior.

use crate::{BoxError, Problem, Reference, Shared};
use equipoise_field::{Real, sum};
use equipoise_guidance::Conditioned;
use equipoise_observation::Observed;
use equipoise_posterior::{ExactPosterior, PosteriorError, VarianceField};
use equipoise_prior::PriorDenoiser;
use equipoise_stream::Stream;
use std::sync::Arc;

/// Exact deviations that estimate the posterior variance of every entry where it has no closed form.
const DEVIATIONS: usize = 64;

/// The stream of the deviations of a dataset's posterior under a stride.
pub fn posterior_stream(dataset: &str, sub: usize) -> Stream {
    Stream::new("posterior").text(dataset).number(sub as u64)
}

/// The variance of every entry of a posterior, the one that sweeps and benchmarks hold ensembles to.
///
/// # Errors
/// [`PosteriorError`].
pub fn posterior_variance(
    posterior: &ExactPosterior<f32>,
    deviations: Stream,
) -> Result<VarianceField<f32>, PosteriorError> {
    posterior.variance_field(DEVIATIONS, deviations)
}

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
    pub fn new(mean: Vec<f32>, variance: Arc<VarianceField<f32>>) -> Self {
        let values = &variance.values;
        let mean_variance = sum::of(values.len(), |i| values[i].wide()) / values.len() as f64;
        Self { mean, variance, mean_variance, references: Shared::default() }
    }
}

impl Known {
    /// Under the Gaussian; `deviations` names the draws where its variance has no closed form.
    pub(crate) fn gaussian(
        problem: &Problem,
        observation: &Observed<f32>,
        deviations: Stream,
    ) -> Result<Self, BoxError> {
        let gaussian = &problem.gaussian;
        let posterior = ExactPosterior::new(gaussian.observed().clone(), gaussian.wiener().mean().to_vec())?;
        let mean = posterior.mean(observation.values())?;
        let variance = problem
            .variance
            .get(String::new(), || posterior_variance(&posterior, deviations).map(Arc::new))?;
        Ok(Self::Gaussian(Moments::new(mean, variance)))
    }

    /// Under another prior.
    ///
    /// # Errors
    /// Those of the posterior.
    pub fn of(denoiser: &PriorDenoiser, observation: &Observed<f32>) -> Result<Self, BoxError> {
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
