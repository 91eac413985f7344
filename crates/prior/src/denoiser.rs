//! The denoiser of a prior with what is known of it.

use crate::PriorError;
use equipoise_denoiser::{Denoiser, DenoiserError, Empirical, ExactCovariance};
use equipoise_locality::Training;
use equipoise_schedule::Level;
use equipoise_wiener::Wiener;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a denoise of x_t takes at a level.
type Timed = dyn Fn(&[f32], Level) -> Result<Duration, DenoiserError> + Send + Sync;
/// The weight of every training window in x̂.
type Weights = dyn Fn(&[f32], Level) -> Result<Vec<f64>, DenoiserError> + Send + Sync;

/// A denoiser over a prior's normalised fields of shape (T, C, H, W), with what it knows of its
/// distribution and of the windows that it stands on.
#[derive(Clone)]
pub struct PriorDenoiser {
    known: Known,
    training: Option<Training<f32>>,
    timed: Option<Arc<Timed>>,
    weights: Option<Arc<Weights>>,
}

#[derive(Clone)]
enum Known {
    Gaussian(Arc<Wiener<f32>>),
    Empirical(Arc<dyn Empirical<f32>>),
    Exact(Arc<dyn ExactCovariance<f32>>),
    Denoiser(Arc<dyn Denoiser<f32>>),
}

impl PriorDenoiser {
    fn of(known: Known) -> Self {
        Self { known, training: None, timed: None, weights: None }
    }

    /// Of which nothing but x̂ and its Jacobian is known.
    pub fn new(denoiser: Arc<dyn Denoiser<f32>>) -> Self {
        Self::of(Known::Denoiser(denoiser))
    }

    /// Of the fitted Gaussian.
    pub fn gaussian(denoiser: Arc<Wiener<f32>>) -> Self {
        Self::of(Known::Gaussian(denoiser))
    }

    /// Of a prior on finitely many fields, whose posterior is known under any observation.
    pub fn on_fields(denoiser: Arc<dyn Empirical<f32>>) -> Self {
        Self::of(Known::Empirical(denoiser))
    }

    /// With Cov[x | x_t] in closed form.
    pub fn with_covariance(denoiser: Arc<dyn ExactCovariance<f32>>) -> Self {
        Self::of(Known::Exact(denoiser))
    }

    /// Over these training windows.
    #[must_use]
    pub fn over(mut self, training: Training<f32>) -> Self {
        self.training = Some(training);
        self
    }

    /// With a shorter way to tell how long a denoise takes than to carry one out.
    #[must_use]
    pub fn timed(
        mut self,
        probe: impl Fn(&[f32], Level) -> Result<Duration, DenoiserError> + Send + Sync + 'static,
    ) -> Self {
        self.timed = Some(Arc::new(probe));
        self
    }

    /// With the weight that every training window has in x̂, where x̂ is their weighted mean.
    #[must_use]
    pub fn weighing(
        mut self,
        weights: impl Fn(&[f32], Level) -> Result<Vec<f64>, DenoiserError> + Send + Sync + 'static,
    ) -> Self {
        self.weights = Some(Arc::new(weights));
        self
    }

    /// As any method takes it.
    pub fn denoiser(&self) -> Arc<dyn Denoiser<f32>> {
        match &self.known {
            Known::Gaussian(denoiser) => denoiser.clone(),
            Known::Empirical(denoiser) => denoiser.clone(),
            Known::Exact(denoiser) => denoiser.clone(),
            Known::Denoiser(denoiser) => denoiser.clone(),
        }
    }

    /// As the Wiener filter, where the prior is Gaussian.
    pub fn wiener(&self) -> Option<&Arc<Wiener<f32>>> {
        match &self.known {
            Known::Gaussian(denoiser) => Some(denoiser),
            _ => None,
        }
    }

    /// With its posterior under any observation, where the prior is one on finitely many fields.
    pub fn empirical(&self) -> Option<Arc<dyn Empirical<f32>>> {
        match &self.known {
            Known::Empirical(denoiser) => Some(denoiser.clone()),
            _ => None,
        }
    }

    /// With Cov[x | x_t] in closed form, where the denoiser is the mean of a known distribution.
    pub fn exact(&self) -> Option<Arc<dyn ExactCovariance<f32>>> {
        match &self.known {
            Known::Gaussian(denoiser) => Some(denoiser.clone()),
            Known::Empirical(denoiser) => Some(denoiser.clone()),
            Known::Exact(denoiser) => Some(denoiser.clone()),
            Known::Denoiser(_) => None,
        }
    }

    /// The training set, for those that stand on one.
    pub fn training(&self) -> Option<&Training<f32>> {
        self.training.as_ref()
    }

    /// The weight of every training window in x̂(x_t), where x̂ is their weighted mean.
    ///
    /// # Errors
    /// As a denoise.
    pub fn weights(&self, x_t: &[f32], level: Level) -> Result<Option<Vec<f64>>, PriorError> {
        Ok(self.weights.as_ref().map(|weights| weights(x_t, level)).transpose()?)
    }

    /// How long a denoise takes on all threads, from a part of it where a whole one may be long. A
    /// product of a linearisation takes about twice as long.
    ///
    /// # Errors
    /// As a denoise.
    pub fn probe(&self, x_t: &[f32], level: Level) -> Result<Duration, PriorError> {
        if let Some(timed) = &self.timed {
            return Ok(timed(x_t, level)?);
        }
        let (start, mut x_hat) = (Instant::now(), vec![0.0; x_t.len()]);
        self.denoiser().denoise(x_t, level, &mut x_hat)?;
        Ok(start.elapsed())
    }
}

impl fmt::Debug for PriorDenoiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = match &self.known {
            Known::Gaussian(_) => "Gaussian",
            Known::Empirical(_) => "Empirical",
            Known::Exact(_) => "Exact",
            Known::Denoiser(_) => "Denoiser",
        };
        f.debug_struct("PriorDenoiser").field("known", &known).finish_non_exhaustive()
    }
}
