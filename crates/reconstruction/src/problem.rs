//! y, A and s² in normalised units, seen by a prior.

use crate::along::Beside;
use crate::repeated::{lost, nearest};
use crate::{Composite, Placed, ReconstructionError, Result};
use equipoise_experiment::conditional;
use equipoise_field::{Real, Shape, sketched};
use equipoise_innovation::{DENSE_LIMIT, InnovationError};
use equipoise_observation::NoiseVariance;
use equipoise_observation::Observed;
use equipoise_operator::{LinearOperator, Sensor, Sensors, TimeRule};
use equipoise_posterior::{ExactPosterior, PosteriorError};
use equipoise_prior::{Prior, PriorDenoiser};
use equipoise_solver::{ObservedGaussian, Problem as Inverse};
use equipoise_stream::Stream;
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
    /// The prior of a window.
    pub prior: Prior,
    /// (T, C, H, W) of a field: a window's, or that of a trajectory which is composed of windows.
    pub shape: Shape,
    /// The readings on its grid.
    pub placed: Placed,
    /// How they lie between frames.
    pub times: TimeRule,
    /// A.
    pub operator: Arc<Sensors>,
    /// Σ_i w_i m_c(i), physical units.
    pub offset: Vec<f64>,
    /// The prior that members are drawn under, with y, A and s².
    pub inverse: Inverse<f32>,
    /// What is exact for the Gaussian; `None` of a composite.
    pub closed: Option<Closed>,
    /// The prior that members are drawn under, where it is not the Gaussian.
    pub other: Option<Other>,
    /// How a field is composed, where it is longer than a window, and the denoiser of a window.
    pub composite: Option<(Composite, PriorDenoiser)>,
    /// The Gauss–Markov prior beside it, once somebody asked for it.
    pub(crate) along: Beside,
}

/// The Gaussian of a window seen through A.
#[derive(Debug)]
pub struct Closed {
    /// The prior with what its runs share.
    pub gaussian: Arc<ObservedGaussian<f32>>,
    /// x | y under it.
    pub posterior: ExactPosterior<f32>,
}

/// y, A and s² with the offset of the readings.
pub(crate) struct Seen {
    pub(crate) operator: Arc<Sensors>,
    pub(crate) offset: Vec<f64>,
    pub(crate) observation: Arc<Observed<f32>>,
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

sketched!(
    [] Problem, "Problem",
    |own| prior = own.prior, shape = own.shape, readings = own.offset.len(), other = own.other
);

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
        if let Some(error) = lost(path, &placed.entries, &prior) {
            return Err(error);
        }
        let Seen { operator, offset, observation } = Seen::of(&prior, shape, &placed, times)?;
        let handle: Arc<dyn LinearOperator<f32>> = operator.clone();
        let wiener = Arc::new(prior.denoiser()?);
        let probes = Stream::new("probes").text("reconstruction");
        let gaussian = ObservedGaussian::new(wiener, handle, observation.noise().clone(), probes)?;
        let posterior = ExactPosterior::new(gaussian.observed().clone(), prior.mean().to_vec());
        let posterior = posterior.map_err(|error| match error {
            PosteriorError::Innovation(InnovationError::Singular { .. }) => {
                nearest(path, &placed.entries, &prior).unwrap_or(error.into())
            }
            error => error.into(),
        })?;
        let gaussian = Arc::new(gaussian);
        let inverse = Inverse::gaussian(Arc::clone(&gaussian), observation)?;
        let (closed, other, composite) = (Some(Closed { gaussian, posterior }), None, None);
        let along = Beside::default();
        Ok(Self { prior, shape, placed, times, operator, offset, inverse, closed, other, composite, along })
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

    /// What is exact for the Gaussian.
    ///
    /// # Errors
    /// [`ReconstructionError::Open`] of a composite, of which nothing is.
    pub fn closed(&self) -> Result<&Closed> {
        let (frames, window) = (self.shape.frames, self.prior.shape().frames);
        self.closed.as_ref().ok_or(ReconstructionError::Open { frames, window })
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
        let solid = self.prior.solid().unwrap_or_else(|| vec![false; self.shape.plane()]);
        solid.into_iter().map(|solid| !solid).collect()
    }

    /// A field in physical units.
    ///
    /// # Errors
    /// [`ReconstructionError::Data`] for a field of another length.
    pub fn restored(&self, mut x: Vec<f32>) -> Result<Vec<f32>> {
        self.prior.normalizer().restore(self.shape, &mut x)?;
        Ok(x)
    }
}

impl Seen {
    pub(crate) fn of(prior: &Prior, shape: Shape, placed: &Placed, times: TimeRule) -> Result<Self> {
        let sensors: Vec<_> = placed.entries.iter().map(|e| e.sensor).collect();
        let operator = Arc::new(Sensors::new(shape, prior.grid().boundary, times, &sensors)?);
        let offset = offset(prior, &operator, sensors)?;
        let scale = prior.normalizer().scale();
        let normalised =
            |(e, m): (&crate::Entry, &f64)| f32::narrow((e.measured.value - m) / scale[e.sensor.channel]);
        let values: Vec<f32> = placed.entries.iter().zip(&offset).map(normalised).collect();
        let variance = |e: &crate::Entry| (e.measured.noise / scale[e.sensor.channel]).powi(2);
        let noise = NoiseVariance::PerObservation(placed.entries.iter().map(variance).collect());
        let observation = Arc::new(Observed::shared(values, operator.clone() as _, noise)?);
        Ok(Self { operator, offset, observation })
    }
}

/// Readings whose places are worked out at a time.
const PORTION: usize = 1 << 12;

/// What a field that is zero in normalised units reads, in physical units. The normalizer is one for all frames: of
/// fields longer than a window's one frame is read in the place of all.
fn offset(prior: &Prior, operator: &Sensors, mut sensors: Vec<Sensor>) -> Result<Vec<f64>> {
    let mut seen = vec![0.0; LinearOperator::<f64>::len_out(operator)];
    let blank = |shape: Shape| {
        let mut field = vec![0.0f64; shape.len()];
        prior.normalizer().restore(shape, &mut field)?;
        Result::Ok(field)
    };
    let shape = prior.shape();
    if LinearOperator::<f64>::len_in(operator) == shape.len() {
        operator.apply(&blank(shape)?, &mut seen);
        return Ok(seen);
    }
    let one = Shape { frames: 1, ..shape };
    let field = blank(one)?;
    sensors.iter_mut().for_each(|sensor| sensor.frame = 0.0);
    for (sensors, seen) in sensors.chunks(PORTION).zip(seen.chunks_mut(PORTION)) {
        Sensors::new(one, prior.grid().boundary, TimeRule::Nearest, sensors)?.apply(&field, seen);
    }
    Ok(seen)
}
