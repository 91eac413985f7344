//! Trajectories of a file, and a denoiser of windows composed over them.

use crate::AgreementError;
use crate::bench::Bench;
use crate::values::Array;
use equipoise_composition::Composition;
use equipoise_denoiser::Denoiser;
use equipoise_field::{Real, Shape};
use std::sync::Arc;

/// A batch of trajectories (B, L, C, H, W).
pub(crate) struct Trajectories<R> {
    pub(crate) array: Array<R>,
    /// (L, C, H, W).
    pub(crate) shape: Shape,
    /// H and W.
    pub(crate) grid: [usize; 2],
    /// Frames of a window of the network.
    pub(crate) window: usize,
}

impl<R: Real> Trajectories<R> {
    /// Reads a dataset whose frames go with the network's channels.
    ///
    /// # Errors
    /// [`AgreementError::Shape`], and those of reading.
    pub(crate) fn read(bench: &Bench<'_, R>, dataset: &str) -> Result<Self, AgreementError> {
        bench.subject.is_sda()?;
        let array = bench.values.array::<R>(dataset)?;
        let outputs = bench.subject.outputs();
        let misshapen = |expected: String| AgreementError::Shape {
            dataset: dataset.into(),
            found: array.shape.clone(),
            expected,
        };
        let &[batch, frames, channels, height, width] = &array.shape[..] else {
            return Err(misshapen("(B, L, C, H, W)".into()));
        };
        if batch == 0 || channels == 0 || outputs % channels != 0 {
            return Err(misshapen(format!("(B, L, C, H, W) with B of at least 1 and C that divides {outputs}")));
        }
        let window = outputs / channels;
        if frames < window || window % 2 == 0 {
            return Err(misshapen(format!("(B, L, C, H, W) with L of at least {window}, an odd window of {outputs}/{channels}")));
        }
        let shape = Shape::new(frames, channels, height, width);
        Ok(Self { shape, grid: [height, width], window, array })
    }

    /// A denoiser of windows composed over the L frames, as SDA folds them.
    ///
    /// # Errors
    /// Those of the composition.
    pub(crate) fn composed(&self, window: Arc<dyn Denoiser<R>>) -> Result<Arc<dyn Denoiser<R>>, AgreementError> {
        Ok(Arc::new(Composition::new(window, self.window, self.shape.frames)?))
    }
}
