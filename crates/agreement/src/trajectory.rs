//! Trajectories of a file, and a denoiser of windows composed over them.

use crate::bench::Bench;
use crate::values::Array;
use crate::{AgreementError, Result};
use equipoise_composition::{Composition, Fold};
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
}

impl<R: Real> Trajectories<R> {
    /// Reads a dataset whose frames go with the network's channels.
    ///
    /// # Errors
    /// [`AgreementError::Shape`], and those of reading.
    pub(crate) fn read(bench: &Bench<'_, R>, dataset: &str) -> Result<Self> {
        bench.subject.is_sda()?;
        let array = bench.values.array::<R>(dataset)?;
        let outputs = bench.subject.outputs();
        let (frames, channels, height, width) = match array.shape[..] {
            [_, frames, channels, height, width] if outputs.is_multiple_of(channels) => {
                (frames, channels, height, width)
            }
            _ => {
                let expected =
                    format!("(B, L, C, H, W) with C a divisor of the network's {outputs} channels");
                return Err(AgreementError::Shape { dataset: dataset.into(), found: array.shape, expected });
            }
        };
        let shape = Shape::new(frames, channels, height, width);
        Ok(Self { shape, grid: [height, width], array })
    }

    /// A denoiser of windows composed over the L frames, as SDA folds them.
    ///
    /// # Errors
    /// Those of the composition.
    pub(crate) fn composed(&self, window: Arc<dyn Denoiser<R>>) -> Result<Arc<dyn Denoiser<R>>> {
        Ok(Arc::new(Composition::new(window, self.shape.frame(), self.shape.frames, Fold::Centre)?))
    }
}
