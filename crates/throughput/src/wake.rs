//! The problem of the size of the cylinder wake's full data: shape, prior, observation.

use crate::error::{Result, work};
use equipoise_covariance::Modes;
use equipoise_field::Shape;
use equipoise_guidance::Observation;
use equipoise_innovation::{NoiseVariance, ObservedPrior};
use equipoise_operator::Subsample;
use equipoise_schedule::{Alpha, Schedule, Sda, Variance};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use std::f64::consts::PI;
use std::sync::Arc;

/// 16 frames of 2 × 199 × 399: D = 2,540,832.
pub(crate) const SHAPE: Shape = Shape::new(16, 2, 199, 399);
/// Modes of the prior.
pub(crate) const RANK: usize = 20;
/// The strides of the study.
pub(crate) const SUBS: [usize; 4] = [1, 2, 4, 16];
/// The variance of a reading.
pub(crate) const NOISE: f64 = 0.01;

/// The prior: mean zero, modes of the discrete cosine transform, eigenvalue D/(k + 1) of mode k, and
/// 0.01 on the complement. Its modes are orthonormal in closed form, so that any program can make them.
pub(crate) struct Wake {
    /// The denoiser.
    pub(crate) wiener: Arc<Wiener<f32>>,
    /// The covariance.
    pub(crate) covariance: Arc<Modes<f32>>,
}

impl Wake {
    /// The prior of [`SHAPE`].
    pub(crate) fn new() -> Result<Self> {
        let dim = SHAPE.len();
        let scale = (2.0 / dim as f64).sqrt();
        let basis = (1..=RANK).flat_map(|k| {
            (0..dim).map(move |i| (scale * (PI * (i as f64 + 0.5) * k as f64 / dim as f64).cos()) as f32)
        });
        let eigenvalues = (0..RANK).map(|k| dim as f64 / (k + 1) as f64).collect();
        let covariance = Modes::new(dim, basis.collect(), eigenvalues, Some(0.01)).map_err(work)?;
        let covariance = Arc::new(covariance);
        let wiener = Arc::new(Wiener::new(vec![0.0; dim], Arc::clone(&covariance) as _).map_err(work)?);
        Ok(Self { wiener, covariance })
    }

    /// The prior seen at a stride.
    pub(crate) fn observed(&self, sub: usize) -> Result<ObservedPrior<f32>> {
        let noise = NoiseVariance::Uniform(NOISE);
        ObservedPrior::new(Arc::clone(&self.covariance) as _, Arc::new(lattice(sub)?), noise).map_err(work)
    }
}

/// The lattice of a stride.
pub(crate) fn lattice(sub: usize) -> Result<Subsample> {
    Subsample::new(SHAPE, sub).map_err(work)
}

/// Standard normal readings at a stride.
pub(crate) fn observation(sub: usize) -> Result<Arc<Observation<f32>>> {
    let lattice = lattice(sub)?;
    let values = Stream::new("readings").normal(0, lattice.count());
    let noise = NoiseVariance::Uniform(NOISE);
    Ok(Arc::new(Observation::new(values, Arc::new(lattice), noise).map_err(work)?))
}

/// The schedule of the study.
pub(crate) fn schedule() -> Result<Arc<dyn Schedule>> {
    Ok(Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01).map_err(work)?))
}
