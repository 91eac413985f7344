//! The reduced coordinates of a prior under an operator, and of one observation through it.

use crate::compiled::Compiled;
use crate::lattice::{LatticeData, LatticeSpace};
use crate::modes::{ModesData, ModesSpace};
use crate::{ReducedError, Result, error};
use equipoise_field::{Real, sketched};
use equipoise_innovation::{Method, ObservedPrior};
use equipoise_observation::Observed;
use equipoise_wiener::Wiener;
use std::sync::Arc;

/// What every reduced run of one prior under one operator and noise shares, whatever y, law and
/// sampler.
pub struct ReducedSpace<R: Real> {
    pub(crate) parts: Parts<R>,
    count: usize,
}

pub(crate) enum Parts<R: Real> {
    Modes(ModesSpace<R>),
    Lattice(LatticeSpace<R>),
}

/// y as the coordinates hold it.
pub(crate) enum Data<R> {
    Modes(ModesData<R>),
    Lattice(LatticeData),
}

sketched!([R: Real] ReducedSpace<R>, "ReducedSpace");

impl<R: Real> ReducedSpace<R> {
    /// `observed` must be of the denoiser's own covariance.
    ///
    /// Explicit modes cost one pass over U and one over A U for their Gram matrices, and two for the
    /// mean. Beyond what `observed` holds, a lattice keeps D·T·C complex numbers in `f64`.
    ///
    /// # Errors
    /// [`ReducedError::Structure`] where nothing splits: a general covariance, explicit modes under an
    /// operator with A Aᵀ ≠ c·I, a stride that does not divide the grid. [`ReducedError::Variances`]
    /// for a noise that differs otherwise than by channel, [`ReducedError::Length`] for a denoiser of
    /// another dimension, [`ReducedError::Factor`].
    pub fn new(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self> {
        (Compiled::get().split)(wiener, observed)
    }

    pub(crate) fn split(wiener: Arc<Wiener<R>>, observed: ObservedPrior<R>) -> Result<Self> {
        error::expect("prior mean", wiener.mean().len(), observed.covariance().dim())?;
        let count = observed.count();
        let found = |found| Err(ReducedError::Structure { found });
        let parts = match observed.method() {
            Method::Modes => Parts::Modes(ModesSpace::new(wiener, observed)?),
            Method::Lattice => Parts::Lattice(LatticeSpace::new(wiener, observed)?),
            Method::Dense => return found("systems that are written out"),
            Method::Iterative => return found("systems that are solved by iteration"),
        };
        Ok(Self { parts, count })
    }

    /// Keeps what the corrections of a stationary prior draw, in at most `bytes`, for further runs that
    /// name the same streams, such as those of other laws. A draw takes D numbers, a few more where the
    /// coarse grid is small.
    #[must_use]
    pub fn keeping_noise(mut self, bytes: usize) -> Self {
        if let Parts::Lattice(space) = &mut self.parts {
            space.keep_noise(bytes);
        }
        self
    }

    /// D.
    pub fn dim(&self) -> usize {
        match &self.parts {
            Parts::Modes(space) => space.dim(),
            Parts::Lattice(space) => space.dim(),
        }
    }

    /// y in the coordinates. One pass over A U, or one coarse transform.
    pub(crate) fn data(&self, observation: &Observed<R>) -> Result<Data<R>> {
        observation.linear("a reduced run")?;
        error::expect("y", observation.count(), self.count)?;
        Ok(match &self.parts {
            Parts::Modes(space) => Data::Modes(space.data(observation.values())),
            Parts::Lattice(space) => Data::Lattice(space.data(observation.values())),
        })
    }
}
