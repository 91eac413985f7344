//! The composite that fits a window best.

use crate::{Composition, Fold, GaussianComposition, Result};
use equipoise_covariance::{Covariance, Structure};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use std::sync::Arc;

/// Mean and covariance of a window.
pub type Gaussian<'a, R> = (&'a [R], &'a Arc<dyn Covariance<R>>);

/// The composite of a window: a [`GaussianComposition`] where it is that of a stationary Gaussian, which transforms
/// every frame once, else a [`Composition`]. `gaussian` is mean and covariance of a window whose denoiser is
/// E[x | x_t] under them; `frame` the numbers of a frame.
///
/// # Errors
/// Those of the two.
pub fn compose<R: Real>(
    window: Arc<dyn Denoiser<R>>,
    gaussian: Option<Gaussian<'_, R>>,
    frame: usize,
    frames: usize,
    fold: Fold,
) -> Result<Arc<dyn Denoiser<R>>> {
    if let Some((mean, covariance)) = gaussian
        && let Structure::Stationary(stationary) = covariance.structure()
        && stationary.shape().frame() == frame
    {
        let composition = GaussianComposition::new(mean.to_vec(), Arc::clone(covariance), frames, fold)?;
        return Ok(Arc::new(composition));
    }
    Ok(Arc::new(Composition::new(window, frame, frames, fold)?))
}
