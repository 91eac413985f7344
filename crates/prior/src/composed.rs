//! Trajectories of any length over the windows of a prior.

use crate::{Prior, PriorDenoiser, Result};
use equipoise_composition::{Fold, compose};
use equipoise_denoiser::Denoiser;
use std::sync::Arc;

impl Prior {
    /// The denoiser of trajectories of `frames` frames, composed of windows of this prior's length by a denoiser over
    /// them; under a stationary Gaussian each frame is transformed once. It is the mean of no distribution, and its Jacobian in general neither symmetric nor positive, whatever
    /// the windows' is.
    ///
    /// # Errors
    /// [`PriorError::Composition`](crate::PriorError::Composition) for windows that do not fit.
    pub fn composed(
        &self,
        window: &PriorDenoiser,
        frames: usize,
        fold: Fold,
    ) -> Result<Arc<dyn Denoiser<f32>>> {
        let gaussian = window.wiener().map(|wiener| (wiener.mean(), wiener.prior_covariance()));
        Ok(compose(window.denoiser(), gaussian, self.shape().frame(), frames, fold)?)
    }
}
