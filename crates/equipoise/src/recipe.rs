//! A method with its settings, before there is a problem: what [`Posterior::method`](crate::Posterior::method)
//! takes.

use crate::EquipoiseError;
use equipoise_field::Real;
use equipoise_guidance::Guidance;
use equipoise_solver::{Inference, Method, PosteriorSampler, SolverError};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A method bound to a problem, ready to draw.
pub type Bound<R> = Result<Box<dyn PosteriorSampler<R>>, EquipoiseError>;

/// What can be bound to a problem: the recipes of [`methods`](crate::methods), a [`Recipe`] by name, a guidance of
/// your own in an [`Arc`], or a type of your own that makes a [`PosteriorSampler`].
pub trait MethodOf<R: Real>: Send + Sync {
    /// The method on this problem, with its schedule, sampler, start and bound.
    ///
    /// # Errors
    /// [`EquipoiseError`] when the problem lacks what the method needs.
    fn bind(&self, on: &Inference<R>) -> Bound<R>;
}

/// A method by name with those of its parameters that are not as published.
///
/// Values are checked when the method is bound; in a text, when it is parsed. `sda` takes the law `sum`:
/// [`Sda::law`](crate::methods::Sda::law) says another.
///
/// ```
/// use equipoise::prelude::*;
///
/// let recipe: Recipe = "daps:rate=3e-4,steps=50".parse()?;
/// assert_eq!(recipe, Daps::rate(3e-4).with("steps", 50.0));
/// assert!("daps:step=50".parse::<Recipe>().is_err());
/// # Ok::<(), EquipoiseError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    method: &'static str,
    settings: Vec<(&'static str, f64)>,
}

impl Recipe {
    /// A method of the table, as published.
    pub(crate) const fn named(method: &'static str) -> Self {
        Self { method, settings: Vec::new() }
    }

    /// With another value of a parameter, by its name in the table.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.settings.retain(|(known, _)| *known != name);
        self.settings.push((name, value));
        self
    }

    /// The method's entry with these values.
    ///
    /// # Errors
    /// [`SolverError::Setting`] where the method has no such parameter, [`SolverError::Parameter`] for a value
    /// out of its range.
    pub fn resolve(&self) -> Result<equipoise_solver::Recipe, SolverError> {
        let recipe = equipoise_solver::Recipe::from(self.method.parse::<Method>()?);
        self.settings.iter().try_fold(recipe, |recipe, (name, value)| recipe.with(name, *value))
    }
}

impl From<Method> for Recipe {
    fn from(method: Method) -> Self {
        Self::named(method.name())
    }
}

impl From<equipoise_solver::Recipe> for Recipe {
    fn from(recipe: equipoise_solver::Recipe) -> Self {
        let given = |name| Some((name, recipe.given(name)?.number()));
        let parameters = recipe.method().spec().parameters.iter();
        Self {
            method: recipe.method().name(),
            settings: parameters.filter_map(|parameter| given(parameter.name)).collect(),
        }
    }
}

impl FromStr for Recipe {
    type Err = EquipoiseError;

    /// `METHOD` or `METHOD:NAME=VALUE,…`.
    fn from_str(text: &str) -> Result<Self, EquipoiseError> {
        Ok(text.parse::<equipoise_solver::Recipe>()?.into())
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method)?;
        for (index, (name, value)) in self.settings.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

impl<R: Real> MethodOf<R> for Method {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        Recipe::from(*self).bind(on)
    }
}

impl<R: Real> MethodOf<R> for Arc<dyn Guidance<R>> {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        let (found, expected) = (self.denoiser().dim(), on.problem.dim());
        if found != expected {
            return Err(EquipoiseError::Length { found, expected });
        }
        Ok(Box::new(on.guided(Arc::clone(self))))
    }
}

impl<R: Real, G: Guidance<R> + 'static> MethodOf<R> for Arc<G> {
    fn bind(&self, on: &Inference<R>) -> Bound<R> {
        let guidance: Arc<dyn Guidance<R>> = Arc::clone(self) as Arc<dyn Guidance<R>>;
        guidance.bind(on)
    }
}
