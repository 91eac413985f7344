//! The problem of the size of the cylinder wake's full data, or of any other: shape, prior, observation.

use crate::error::{Result, work};
use equipoise_covariance::Modes;
use equipoise_field::Shape;
use equipoise_innovation::ObservedPrior;
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::Subsample;
use equipoise_schedule::{Alpha, Schedule, Sda, Variance};
use equipoise_stream::Stream;
use equipoise_wiener::Wiener;
use rayon::prelude::*;
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

/// The prior: mean zero, eigenvalue D/(k + 1) of mode k, and 0.01 on the complement. Its modes are
/// orthonormal in closed form, so that any program can make them.
pub(crate) struct Wake {
    /// The shape of a field.
    pub(crate) shape: Shape,
    /// The denoiser.
    pub(crate) wiener: Arc<Wiener<f32>>,
    /// The covariance.
    pub(crate) covariance: Arc<Modes<f32>>,
}

impl Wake {
    /// Of [`SHAPE`] and [`RANK`], with modes of the discrete cosine transform.
    pub(crate) fn new() -> Result<Self> {
        let dim = SHAPE.len() as f64;
        let scale = (2.0 / dim).sqrt();
        Self::of(SHAPE, RANK, |k, i| (scale * (PI * (i as f64 + 0.5) * k as f64 / dim).cos()) as f32)
    }

    /// Of D = 2^p, p even, with Walsh functions, which take no time to make: (−1)^ones(i & k)/√D.
    pub(crate) fn walsh(power: u32, rank: usize) -> Result<Self> {
        let scale = 1.0 / (1u32 << (power / 2)) as f32;
        let entry = |k: usize, i: usize| if (i & k).count_ones().is_multiple_of(2) { scale } else { -scale };
        Self::of(Shape::new(1, 1, 1 << (power / 2), 1 << (power / 2)), rank, entry)
    }

    /// With entry i of mode k, counted from 1.
    fn of(shape: Shape, rank: usize, entry: impl Fn(usize, usize) -> f32 + Sync) -> Result<Self> {
        let dim = shape.len();
        let mut basis = vec![0.0; rank * dim];
        basis.par_chunks_mut(dim).enumerate().for_each(|(mode, row)| {
            row.par_iter_mut().enumerate().for_each(|(i, value)| *value = entry(mode + 1, i));
        });
        let eigenvalues = (0..rank).map(|k| dim as f64 / (k + 1) as f64).collect();
        let covariance = Arc::new(Modes::new(dim, basis, eigenvalues, Some(0.01)).map_err(work)?);
        let wiener = Arc::new(Wiener::new(vec![0.0; dim], Arc::clone(&covariance) as _).map_err(work)?);
        Ok(Self { shape, wiener, covariance })
    }

    /// The same with its modes in 16 bits.
    pub(crate) fn rounded(&self) -> Result<Self> {
        let covariance = Arc::new(Modes::clone(&self.covariance).rounded().map_err(work)?);
        let mean = self.wiener.mean().to_vec();
        let wiener = Arc::new(Wiener::new(mean, Arc::clone(&covariance) as _).map_err(work)?);
        Ok(Self { shape: self.shape, wiener, covariance })
    }

    /// The prior seen at a stride.
    pub(crate) fn observed(&self, sub: usize) -> Result<ObservedPrior<f32>> {
        let noise = NoiseVariance::Uniform(NOISE);
        let lattice = Arc::new(lattice(self.shape, sub)?);
        ObservedPrior::new(Arc::clone(&self.covariance) as _, lattice, noise).map_err(work)
    }
}

/// The lattice of a stride.
pub(crate) fn lattice(shape: Shape, sub: usize) -> Result<Subsample> {
    Subsample::new(shape, sub).map_err(work)
}

/// Standard normal readings at a stride.
pub(crate) fn observation(shape: Shape, sub: usize) -> Result<Arc<Observed<f32>>> {
    let lattice = lattice(shape, sub)?;
    let values = Stream::new("readings").normal(0, lattice.count());
    let noise = NoiseVariance::Uniform(NOISE);
    Ok(Arc::new(Observed::shared(values, Arc::new(lattice), noise).map_err(work)?))
}

/// The schedule of the study.
pub(crate) fn schedule() -> Result<Arc<dyn Schedule>> {
    Ok(Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01).map_err(work)?))
}
