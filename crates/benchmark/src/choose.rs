//! From the names of an approach to a sampler bound to an observation.

use crate::problem::Problem;
use crate::{Error, Result};
use equipoise_guidance::Strength;
use equipoise_scaling::Law;
use equipoise_solver::{Inference, Method, Parameter, PosteriorSampler};
use equipoise_sweep::{Approach, BoxError};

/// A method, and its law where it takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chosen {
    method: Method,
    law: Option<Law>,
}

/// The laws of `sda` that take part: the published one, and those without a parameter.
pub(crate) const LAWS: [Law; 3] = [Law::Sum, Law::Matched, Law::Active];

impl Chosen {
    pub(crate) fn of(approach: &Approach) -> Result<Self> {
        let Approach { method, law } = approach;
        let unknown =
            |found: &str, expected| Error::Setting { field: "method", found: found.to_owned(), expected };
        let method: Method = method.parse().map_err(|_| unknown(method, "the name of a method"))?;
        if method != Method::Sda {
            return Ok(Self { method, law: None });
        }
        let named = LAWS.into_iter().find(|known| known.name() == law);
        let law = named.ok_or_else(|| unknown(&format!("sda {law}"), "sda with sum, matched or active"))?;
        Ok(Self { method, law: Some(law) })
    }

    /// What is tuned: nothing for the laws whose v comes from traces.
    pub(crate) fn parameter(self) -> Option<Parameter> {
        match self.law {
            Some(Law::Matched | Law::Active) => None,
            _ => self.method.parameter(),
        }
    }

    /// The sampler at a value of the parameter, or at the published one.
    pub(crate) fn bind(
        self,
        inference: &Inference<f32>,
        (problem, steps): (&Problem<'_>, usize),
        value: Option<f64>,
    ) -> std::result::Result<Box<dyn PosteriorSampler<f32>>, BoxError> {
        let noise = inference.observation.noise();
        let count = inference.observation.count();
        let strength = match self.law {
            None => None,
            Some(law @ (Law::Matched | Law::Active)) => {
                Some(Strength::traced(noise, problem.ratios(law, inference, steps)?))
            }
            // Of the other laws only `sum` takes part, which no count enters.
            Some(law) => Some(Strength::of_law(law, noise, law.published_base().gamma, count, count)?),
        };
        Ok(inference.bind(self.method, value, strength.as_ref())?)
    }
}
