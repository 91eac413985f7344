//! The denoiser of a prior with what is known of it.

use crate::Result;
use equipoise_denoiser::{Denoiser, DenoiserError, Empirical, ExactCovariance};
use equipoise_locality::{Optimal, Pixelwise, Training};
use equipoise_schedule::Level;
use equipoise_wiener::Wiener;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A denoiser over a prior's normalised fields of shape (T, C, H, W), with what it knows of its
/// distribution and of the windows that it stands on.
#[derive(Clone)]
pub struct PriorDenoiser(Known);

#[derive(Clone)]
enum Known {
    Gaussian(Arc<Wiener<f32>>),
    Windows(Arc<Optimal<f32>>),
    Pixels(Arc<Pixelwise<f32>>, Training<f32>),
    Denoiser(Arc<dyn Denoiser<f32>>),
}

// What hands out a `dyn` is never inlined: whoever asks would compile every method of every denoiser again.
impl PriorDenoiser {
    /// Of which nothing but x̂ and its Jacobian is known.
    pub fn new(denoiser: Arc<dyn Denoiser<f32>>) -> Self {
        Self(Known::Denoiser(denoiser))
    }

    /// Of the fitted Gaussian.
    pub fn gaussian(denoiser: Arc<Wiener<f32>>) -> Self {
        Self(Known::Gaussian(denoiser))
    }

    /// Of a prior on finitely many windows, whose posterior is known under any observation.
    pub(crate) fn on_windows(denoiser: Optimal<f32>) -> Self {
        Self(Known::Windows(Arc::new(denoiser)))
    }

    /// That weighs these training windows for every pixel by itself.
    pub(crate) fn by_pixel(denoiser: Pixelwise<f32>, training: Training<f32>) -> Self {
        Self(Known::Pixels(Arc::new(denoiser), training))
    }

    /// As any method takes it.
    #[inline(never)]
    pub fn denoiser(&self) -> Arc<dyn Denoiser<f32>> {
        match &self.0 {
            Known::Gaussian(denoiser) => denoiser.clone(),
            Known::Windows(denoiser) => denoiser.clone(),
            Known::Pixels(denoiser, _) => denoiser.clone(),
            Known::Denoiser(denoiser) => denoiser.clone(),
        }
    }

    /// As the Wiener filter, where the prior is Gaussian.
    pub fn wiener(&self) -> Option<&Arc<Wiener<f32>>> {
        match &self.0 {
            Known::Gaussian(denoiser) => Some(denoiser),
            _ => None,
        }
    }

    /// With its posterior under any observation, where the prior is one on finitely many fields.
    #[inline(never)]
    pub fn empirical(&self) -> Option<Arc<dyn Empirical<f32>>> {
        match &self.0 {
            Known::Windows(denoiser) => Some(denoiser.clone()),
            _ => None,
        }
    }

    /// With Cov[x | x_t] in closed form, where the denoiser is the mean of a known distribution.
    #[inline(never)]
    pub fn exact(&self) -> Option<Arc<dyn ExactCovariance<f32>>> {
        match &self.0 {
            Known::Gaussian(denoiser) => Some(denoiser.clone()),
            Known::Windows(denoiser) => Some(denoiser.clone()),
            Known::Pixels(..) | Known::Denoiser(_) => None,
        }
    }

    /// The training set, for those that stand on one.
    pub fn training(&self) -> Option<&Training<f32>> {
        match &self.0 {
            Known::Windows(denoiser) => Some(denoiser.training()),
            Known::Pixels(_, training) => Some(training),
            Known::Gaussian(_) | Known::Denoiser(_) => None,
        }
    }

    /// The weight of every training window in x̂(x_t), where x̂ is their weighted mean.
    ///
    /// # Errors
    /// As a denoise.
    pub fn weights(&self, x_t: &[f32], level: Level) -> Result<Option<Vec<f64>>> {
        let Known::Windows(denoiser) = &self.0 else { return Ok(None) };
        Ok(Some(denoiser.weights(x_t, level).map_err(DenoiserError::from)?))
    }

    /// How long a denoise takes on all threads, from a part of it where a whole one may be long. A
    /// product of a linearisation takes about twice as long.
    ///
    /// # Errors
    /// As a denoise.
    pub fn probe(&self, x_t: &[f32], level: Level) -> Result<Duration> {
        if let Known::Pixels(denoiser, _) = &self.0 {
            return Ok(denoiser.probe(x_t, level).map_err(DenoiserError::from)?);
        }
        let (start, mut x_hat) = (Instant::now(), vec![0.0; x_t.len()]);
        self.denoiser().denoise(x_t, level, &mut x_hat)?;
        Ok(start.elapsed())
    }
}

impl fmt::Debug for PriorDenoiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = match &self.0 {
            Known::Gaussian(_) => "Gaussian",
            Known::Windows(_) => "Windows",
            Known::Pixels(..) => "Pixels",
            Known::Denoiser(_) => "Denoiser",
        };
        f.debug_struct("PriorDenoiser").field("known", &known).finish_non_exhaustive()
    }
}
