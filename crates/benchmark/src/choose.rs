//! From the names of an approach to a sampler bound to an observation.

use crate::Result;
use crate::problem::Problem;
use equipoise_experiment::{Approach, BoxError, Error};
use equipoise_guidance::Strength;
use equipoise_scaling::Law;
use equipoise_solver::{Inference, Parameter, PosteriorSampler, Recipe};

/// A method with its settings, and its law where it takes one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chosen {
    recipe: Recipe,
    law: Option<Law>,
}

/// The laws of `sda` that take part: the published one, and those without a parameter.
pub(crate) const LAWS: [Law; 3] = [Law::Sum, Law::Matched, Law::Active];

impl Chosen {
    pub(crate) fn of(approach: &Approach) -> Result<Self> {
        let recipe = approach.recipe().clone();
        if !recipe.method().spec().lawful {
            return Ok(Self { recipe, law: None });
        }
        let none = || {
            let found = format!("{recipe} {}", approach.label());
            Error::Setting { field: "method", found, expected: "sda with sum, matched or active" }
        };
        let scaling = approach.scaling().map_err(|_| none())?;
        let law = scaling.filter(|law| LAWS.contains(law)).ok_or_else(none)?;
        Ok(Self { recipe, law: Some(law) })
    }

    /// What is tuned: nothing that the recipe states, and nothing for the laws whose v comes from traces.
    pub(crate) fn parameter(&self) -> Option<&'static Parameter> {
        match self.law {
            Some(Law::Matched | Law::Active) => None,
            _ => self.recipe.method().tuned().filter(|tuned| self.recipe.given(tuned.name).is_none()),
        }
    }

    /// The sampler at a value of the parameter, or at the published one.
    pub(crate) fn bind(
        &self,
        inference: &Inference<f32>,
        (problem, steps): (&Problem<'_>, usize),
        value: Option<f64>,
    ) -> std::result::Result<Box<dyn PosteriorSampler<f32>>, BoxError> {
        let seen = inference.problem.observation();
        let (noise, count) = (seen.noise(), seen.count());
        let strength = match self.law {
            None => None,
            Some(law @ (Law::Matched | Law::Active)) => {
                Some(Strength::traced(noise, problem.ratios(law, inference, steps)?))
            }
            // Of the other laws only `sum` takes part, which no count enters.
            Some(law) => Some(Strength::of_law(law, noise, law.published_base().gamma, count, count)?),
        };
        let recipe = match value {
            Some(value) => self.recipe.clone().tuned(value)?,
            None => self.recipe.clone(),
        };
        Ok(inference.bind(&recipe, strength.as_ref())?)
    }
}
