//! The laws that scale SDA's score: (std, γ) and v(t) for the problem at hand.

use crate::recipe::{Bound, MethodOf};
use crate::{EquipoiseError, Recipe};
use equipoise_field::Real;
use equipoise_guidance::Strength;
use equipoise_operator::Subsample;
use equipoise_scaling::{Law, Reference};
use equipoise_solver::{Inference, ProbedRatios};
use equipoise_stream::Stream;
use std::sync::Arc;

/// SDA's score under a law: [`Sda::law`](crate::methods::Sda::law).
///
/// std is the observation's own s, γ the law's published one. `matched` and `active` have no γ; their traces come
/// from the covariance of a Gaussian prior, or from probes of any other.
#[derive(Clone, Debug, PartialEq)]
pub struct Lawful {
    law: Law,
    gamma: Option<f64>,
    reference: Option<usize>,
}

impl Lawful {
    pub(crate) const fn new(law: Law) -> Self {
        Self { law, gamma: None, reference: None }
    }

    /// With γ in the place of the law's own.
    #[must_use]
    pub const fn gamma(mut self, gamma: f64) -> Self {
        self.gamma = Some(gamma);
        self
    }

    /// With N_ref, the number of observations that the law compares N with, at least 1. Without it the published
    /// one is taken: a number, or that of the same field observed at stride 4, which a lattice
    /// ([`Subsample`]) knows and other operators do not.
    #[must_use]
    pub const fn reference(mut self, observations: usize) -> Self {
        self.reference = Some(observations);
        self
    }

    /// With traces from random probes at noised copies of some clean `fields`, D numbers each, for a prior that is
    /// known by its denoiser only; [`ProbedRatios::COUNT`] probes a level.
    #[must_use]
    pub fn probed<R: Real>(self, fields: Vec<Vec<R>>) -> Probed<R> {
        Probed { law: self, fields: fields.into() }
    }

    fn recipe(&self) -> Recipe {
        let sda = Recipe::named("sda");
        self.gamma.map_or(sda.clone(), |gamma| sda.with("gamma", gamma))
    }

    fn n_ref<R: Real>(&self, on: &Inference<R>) -> Result<usize, EquipoiseError> {
        let (law, seen) = (self.law, on.problem.observation());
        let lacks = |found| Err(EquipoiseError::Reference { law, found });
        match (self.reference, law.published_reference()) {
            (Some(0), _) => lacks("0 observations"),
            (Some(given), _) => Ok(given),
            // These take std and γ as they are.
            (None, _) if matches!(law, Law::Sum | Law::Mean | Law::Adaptive) => Ok(seen.count().max(1)),
            (None, Reference::Count(count)) => Ok(count),
            (None, Reference::Stride(stride)) => match seen.lattice() {
                Some(lattice) => Ok(Subsample::new(lattice.shape(), stride)?.observed().len()),
                None => lacks("an observation on no lattice"),
            },
        }
    }

    fn strength<R: Real>(&self, on: &Inference<R>) -> Result<Strength, EquipoiseError> {
        let (law, seen) = (self.law, on.problem.observation());
        if matches!(law, Law::Matched | Law::Active) {
            #[cfg(feature = "gaussian")]
            if let Some(gaussian) = on.problem.as_gaussian() {
                return Ok(Strength::traced(seen.noise(), gaussian.ratios(law, &on.levels())));
            }
            return Err(EquipoiseError::Traces { law });
        }
        let gamma = law.published_base().gamma;
        // Without a reading nothing is scaled; 1/N must still be a number.
        let count = seen.count().max(1);
        Ok(Strength::of_law(law, seen.noise(), gamma, count, self.n_ref(on)?)?)
    }
}

impl<R: Real> MethodOf<R> for Lawful {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        Ok(on.bind(&self.recipe().resolve()?, Some(&self.strength(on)?))?)
    }
}

/// SDA's score under `matched` or `active`, whose traces are probed.
#[derive(Clone, Debug, PartialEq)]
pub struct Probed<R> {
    law: Lawful,
    fields: Arc<[Vec<R>]>,
}

impl<R: Real> MethodOf<R> for Probed<R> {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        let seen = on.problem.observation();
        let probes = (Arc::clone(&self.fields), Stream::new("probes"));
        let ratios = ProbedRatios::new(self.law.law, &on.problem.denoiser(), seen, &on.levels(), probes)?;
        let strength = Strength::traced(seen.noise(), Arc::clone(ratios.table()));
        Ok(on.bind(&self.law.recipe().resolve()?, Some(&strength))?)
    }
}

impl<R: Real> MethodOf<R> for Recipe {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        let recipe = self.resolve()?;
        let strength = match recipe.method().spec().lawful {
            true => Some(Lawful::new(Law::Sum).strength(on)?),
            false => None,
        };
        Ok(on.bind(&recipe, strength.as_ref())?)
    }
}
