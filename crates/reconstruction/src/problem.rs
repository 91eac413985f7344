//! y, A and s² in normalised units, seen by a prior.

use crate::repeated::{lost, nearest};
use crate::{Placed, ReconstructionError, Result};
use equipoise_field::Real;
use equipoise_guidance::ConditionalCovariance;
use equipoise_innovation::{DENSE_LIMIT, InnovationError};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Sensors, TimeRule};
use equipoise_posterior::{ExactPosterior, PosteriorError};
use equipoise_prior::{Prior, PriorDenoiser};
use equipoise_solver::{ObservedGaussian, Problem as Inverse};
use equipoise_stream::Stream;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// One prior and one table of readings.
///
/// The bilinear weights w of a reading add up to 1, so that a number measured in component c becomes
///
/// > y = (value − Σ_i w_i m_c(i))/s_c, s = noise/s_c,
///
/// m_c and s_c the normalizer's offset, which may be a profile, and scale.
pub struct Problem {
    /// The prior.
    pub prior: Prior,
    /// The readings on its grid.
    pub placed: Placed,
    /// A.
    pub operator: Arc<Sensors>,
    /// Σ_i w_i m_c(i), physical units.
    pub offset: Vec<f64>,
    /// The prior seen through A.
    pub gaussian: Arc<ObservedGaussian<f32>>,
    /// The prior that members are drawn under, with y, A and s².
    pub inverse: Inverse<f32>,
    /// x | y under the Gaussian.
    pub posterior: ExactPosterior<f32>,
    /// The prior that members are drawn under, where it is not the Gaussian.
    pub other: Option<Other>,
}

/// Another prior than the Gaussian that was fitted to the training windows, which stays beside it: for
/// the units, the start of a run and the check of the readings.
#[derive(Clone, Debug)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// Its denoiser.
    pub denoiser: PriorDenoiser,
    /// Normalised training windows at which it is probed.
    pub windows: Arc<[Vec<f32>]>,
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("prior", &self.prior)
            .field("readings", &self.offset.len())
            .field("other", &self.other)
            .finish_non_exhaustive()
    }
}

impl Problem {
    /// Brings the readings to normalised units and factors S once.
    ///
    /// # Errors
    /// [`ReconstructionError::TooMany`] past N = [`DENSE_LIMIT`], [`ReconstructionError::Repeated`] where readings
    /// repeat each other with next to no noise, and what a misfit of prior and
    /// readings leads to.
    pub fn new(prior: Prior, path: &Path, placed: Placed, times: TimeRule) -> Result<Self> {
        let (shape, count) = (prior.shape(), placed.entries.len());
        if count > DENSE_LIMIT {
            return Err(ReconstructionError::TooMany { path: path.into(), found: count, limit: DENSE_LIMIT });
        }
        if let Some(error) = lost(path, &placed.entries, prior.normalizer().scale()) {
            return Err(error);
        }
        let sensors: Vec<_> = placed.entries.iter().map(|e| e.sensor).collect();
        let operator = Arc::new(Sensors::new(shape, prior.grid().boundary, times, &sensors)?);
        let offset = offset(&prior, &operator)?;
        let scale = prior.normalizer().scale();
        let normalised =
            |(e, m): (&crate::Entry, &f64)| f32::narrow((e.measured.value - m) / scale[e.sensor.channel]);
        let values: Vec<f32> = placed.entries.iter().zip(&offset).map(normalised).collect();
        let variance = |e: &crate::Entry| (e.measured.noise / scale[e.sensor.channel]).powi(2);
        let noise = NoiseVariance::PerObservation(placed.entries.iter().map(variance).collect());
        let handle: Arc<dyn LinearOperator<f32>> = operator.clone();
        let wiener = Arc::new(prior.denoiser()?);
        let probes = Stream::new("probes").text("reconstruction");
        let gaussian = ObservedGaussian::new(wiener, Arc::clone(&handle), noise.clone(), probes)?;
        let posterior = ExactPosterior::new(gaussian.observed().clone(), prior.mean().to_vec());
        let posterior = posterior.map_err(|error| match error {
            PosteriorError::Innovation(InnovationError::Singular { .. }) => {
                nearest(path, &placed.entries).unwrap_or(error.into())
            }
            error => error.into(),
        })?;
        let observation = Arc::new(Observed::shared(values, handle, noise)?);
        let gaussian = Arc::new(gaussian);
        let inverse = Inverse::gaussian(Arc::clone(&gaussian), observation)?;
        Ok(Self { prior, placed, operator, offset, gaussian, inverse, posterior, other: None })
    }

    /// The same readings under another prior.
    ///
    /// # Errors
    /// [`ReconstructionError::Solver`] for a denoiser of fields of another length.
    pub fn under(mut self, other: Option<Other>) -> Result<Self> {
        if let Some(other) = &other {
            let observation = Arc::clone(self.inverse.observation());
            self.inverse = Inverse::new(conditional(&other.denoiser), observation)?;
        }
        self.other = other;
        Ok(self)
    }

    /// y, A and s².
    pub fn observation(&self) -> &Observed<f32> {
        self.inverse.observation()
    }

    /// A x in physical units, for a normalised field.
    ///
    /// # Panics
    /// If x is not a field of the prior's.
    pub fn read(&self, x: &[f32]) -> Vec<f64> {
        let mut seen = vec![0.0f32; self.offset.len()];
        self.operator.apply(x, &mut seen);
        let scale = self.prior.normalizer().scale();
        let entries = self.placed.entries.iter().zip(&self.offset);
        entries.zip(seen).map(|((e, m), z)| m + scale[e.sensor.channel] * z.wide()).collect()
    }

    /// Whether each point of an (H, W) plane lies in the fluid.
    pub fn fluid(&self) -> Vec<bool> {
        let shape = self.prior.shape();
        match self.prior.geometry() {
            Some(cylinder) => cylinder.mask(shape.height, shape.width).iter().map(|solid| !solid).collect(),
            None => vec![true; shape.plane()],
        }
    }

    /// A field in physical units.
    ///
    /// # Errors
    /// [`ReconstructionError::Data`] for a field of another length.
    pub fn restored(&self, mut x: Vec<f32>) -> Result<Vec<f32>> {
        self.prior.normalizer().restore(self.prior.shape(), &mut x)?;
        Ok(x)
    }
}

/// A denoiser with what it knows of Cov[x | x_t].
fn conditional(prior: &PriorDenoiser) -> ConditionalCovariance<f32> {
    ConditionalCovariance::of(prior.denoiser(), prior.empirical(), prior.exact())
}

/// What a field that is zero in normalised units reads, in physical units.
fn offset(prior: &Prior, operator: &Sensors) -> Result<Vec<f64>> {
    let mut field = vec![0.0f64; prior.shape().len()];
    prior.normalizer().restore(prior.shape(), &mut field)?;
    let mut seen = vec![0.0; LinearOperator::<f64>::len_out(operator)];
    operator.apply(&field, &mut seen);
    Ok(seen)
}
