//! A trajectory that is longer than the windows of its prior, and what it is composed of.

use crate::along::Beside;
use crate::keeping::hashed;
use crate::problem::Seen;
use crate::repeated::lost;
use crate::{Other, Placed, Problem, ReconstructionError, Result};
use equipoise_composition::{CompositionError, Fold};
use equipoise_experiment::conditional;
use equipoise_field::Shape;
use equipoise_operator::TimeRule;
use equipoise_prior::{Prior, PriorDenoiser};
use equipoise_solver::Problem as Inverse;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// L frames composed of windows of w.
///
/// The composite is an approximation: it is the mean of no distribution, and its Jacobian is in general neither
/// symmetric nor positive, whatever that of the windows is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Composite {
    /// L.
    pub frames: usize,
    /// w.
    pub window: usize,
    /// How windows become a trajectory.
    pub fold: Fold,
    /// How many windows there are.
    pub windows: usize,
}

impl Composite {
    /// What is to be known of every composite, in a sentence without its end.
    pub const CAVEAT: &'static str = "the composite is an approximation, the mean of no distribution; its J is neither \
                                      symmetric nor positive; `equipoise windows` says what it costs under a prior";

    /// Windows of `window` frames over `frames`.
    ///
    /// # Errors
    /// [`ReconstructionError::Frames`] with the nearest L that fits, and what else keeps them from being composed.
    pub fn new(frames: usize, window: usize, fold: Fold) -> Result<Self> {
        match fold.windows(window, frames) {
            Ok(windows) => Ok(Self { frames, window, fold, windows }),
            Err(CompositionError::Misfit { .. } | CompositionError::Short { .. }) => {
                let (stride, beyond) = (fold.stride(), frames.saturating_sub(window));
                let nearest = window + (beyond + stride / 2) / stride * stride;
                Err(ReconstructionError::Frames { found: frames, window, stride, nearest })
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// As it stands in summaries and on pages.
impl fmt::Display for Composite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { frames, window, fold, windows } = self;
        let (name, stride) = (fold.to_string(), fold.stride());
        let name = name.split(':').next().unwrap_or_default();
        write!(f, "{windows} windows of {window} frames, stride {stride}, fold {name}, over {frames} frames")
    }
}

impl Problem {
    /// Readings along a trajectory that is composed of windows of the prior, or of `other` where members are drawn
    /// under that. No closed form is made of it, and the readings are as many as memory holds.
    ///
    /// # Errors
    /// [`ReconstructionError::Repeated`], and what a misfit of prior and readings leads to.
    pub fn composed(
        prior: Prior,
        path: &Path,
        placed: Placed,
        times: TimeRule,
        composite: Composite,
        other: Option<Other>,
    ) -> Result<Self> {
        let shape = Shape { frames: composite.frames, ..prior.shape() };
        if let Some(error) = lost(path, &placed.entries, &prior) {
            return Err(error);
        }
        let Seen { operator, offset, observation } = Seen::of(&prior, shape, &placed, times)?;
        let window = match &other {
            Some(other) => other.denoiser.clone(),
            None => PriorDenoiser::gaussian(Arc::new(prior.denoiser()?)),
        };
        let denoiser = prior.composed(&window, composite.frames, composite.fold)?;
        // (σ²/μ)J of a composite is no covariance; that of its windows is one wherever theirs are.
        let covariance = conditional(&PriorDenoiser::new(denoiser)).of_windows();
        let inverse = Inverse::new(covariance, observation)?;
        let (closed, composite, along) = (None, Some((composite, window)), Beside::default());
        Ok(Self { prior, shape, placed, times, operator, offset, inverse, closed, other, composite, along })
    }

    /// A number that changes with the prior's numbers, the readings, their places and their noise.
    pub fn fingerprint(&self) -> u64 {
        let prior = &self.prior;
        let (values, rest) = prior.spectrum();
        let scale = prior.normalizer().scale().iter().copied();
        let mean = prior.mean().iter().map(|m| f64::from(*m));
        let places = self.placed.entries.iter().flat_map(|entry| {
            let sensor = entry.sensor;
            let (value, noise) = (entry.measured.value, entry.measured.noise);
            [sensor.frame, sensor.channel as f64, sensor.row, sensor.column, value, noise]
        });
        let all = values.into_iter().chain(rest.map(|rest| rest.0)).chain(scale);
        hashed(all.chain(mean).chain(places).chain(self.offset.iter().copied()).map(f64::to_bits))
    }
}
