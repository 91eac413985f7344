//! Trajectories of any length over the windows of a prior.

use crate::{Prior, PriorDenoiser, PriorError};
use equipoise_composition::{Composition, Fold};
use equipoise_denoiser::Denoiser;
use std::sync::Arc;

impl Prior {
    /// The denoiser of trajectories of `frames` frames, composed of windows of this prior's length by a denoiser over
    /// them. It is the mean of no distribution, and its Jacobian in general neither symmetric nor positive, whatever
    /// the windows' is.
    ///
    /// # Errors
    /// [`PriorError::Composition`] for windows that do not fit.
    pub fn composed(
        &self,
        window: &PriorDenoiser,
        frames: usize,
        fold: Fold,
    ) -> Result<Arc<dyn Denoiser<f32>>, PriorError> {
        let composition = Composition::new(window.denoiser(), self.shape().frame(), frames, fold)?;
        Ok(Arc::new(composition))
    }
}
