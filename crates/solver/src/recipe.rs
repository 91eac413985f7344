//! A method with the values of its parameters, as people write it: `mmps:iterations=3`.

use crate::{Method, Parameter, Result, SolverError, Value};
use std::fmt;
use std::str::FromStr;

/// A method and those of its parameters that are not as published.
///
/// ```
/// use equipoise_solver::{Recipe, Value};
///
/// let recipe: Recipe = "daps:rate=3e-4,steps=50".parse()?;
/// assert_eq!(recipe.value("steps"), Some(Value::Count(50)));
/// assert_eq!(recipe.value("flow_steps"), Some(Value::Count(5)), "as published");
/// assert_eq!(recipe.to_string(), "daps:rate=0.0003,steps=50");
/// assert!("mmps:iterations=1.5".parse::<Recipe>().is_err());
/// # Ok::<(), equipoise_solver::SolverError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    method: Method,
    given: Vec<(&'static str, Value)>,
}

impl From<Method> for Recipe {
    fn from(method: Method) -> Self {
        Self { method, given: Vec::new() }
    }
}

impl Recipe {
    /// With another value of a parameter, by its name.
    ///
    /// # Errors
    /// [`SolverError::Setting`] where the method has no such parameter, [`SolverError::Parameter`] for a value
    /// out of its range.
    pub fn with(mut self, name: &str, number: f64) -> Result<Self> {
        let (method, parameter) = (self.method.name(), self.known(name)?);
        let Some(value) = parameter.range.value(number) else {
            let (parameter, expected) = (parameter.name, parameter.range.expected());
            return Err(SolverError::Parameter { method, parameter, found: number, expected });
        };
        self.given.retain(|(known, _)| *known != parameter.name);
        self.given.push((parameter.name, value));
        self.given
            .sort_by_key(|(name, _)| self.method.spec().parameters.iter().position(|p| p.name == *name));
        Ok(self)
    }

    /// With another value of the parameter that is tuned.
    ///
    /// # Errors
    /// As [`with`](Self::with); [`SolverError::Needs`] where there is none to tune.
    pub fn tuned(self, number: f64) -> Result<Self> {
        let (method, expected) = (self.method.name(), "none: the method has nothing to tune");
        let lacks = SolverError::Needs { method, found: "a parameter", expected };
        let parameter = self.method.tuned().ok_or(lacks)?;
        self.with(parameter.name, number)
    }

    fn known(&self, name: &str) -> Result<&'static Parameter> {
        let parameters = self.method.spec().parameters;
        parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
            let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name).collect();
            let expected = match &names[..] {
                [] => "no parameter: the method has none".to_owned(),
                names => format!("one of its parameters: {}", names.join(", ")),
            };
            SolverError::Setting { method: self.method.name(), found: name.to_owned(), expected }
        })
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The value of a parameter, as given or as published; `None` where the method has no such parameter.
    pub fn value(&self, name: &str) -> Option<Value> {
        let published = || Some(self.method.spec().parameters.iter().find(|p| p.name == name)?.published);
        self.given(name).or_else(published)
    }

    /// The value of a parameter, if it was given.
    pub fn given(&self, name: &str) -> Option<Value> {
        self.given.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A real parameter of an entry's own.
    pub(crate) fn real(&self, name: &str) -> f64 {
        self.value(name).map_or(f64::NAN, Value::number)
    }

    /// A counted parameter of an entry's own.
    pub(crate) fn count(&self, name: &str) -> usize {
        match self.value(name) {
            Some(Value::Count(count)) => count,
            _ => 0,
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.name())?;
        for (index, (name, value)) in self.given.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

impl FromStr for Recipe {
    type Err = SolverError;

    /// `METHOD` or `METHOD:NAME=VALUE,…`.
    fn from_str(text: &str) -> Result<Self> {
        let (name, settings) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let mut recipe = Self::from(name.parse::<Method>()?);
        for setting in settings.into_iter().flat_map(|rest| rest.split(',')) {
            let method = recipe.method.name();
            let fault = |expected: &str| SolverError::Setting {
                method,
                found: setting.to_owned(),
                expected: expected.to_owned(),
            };
            let named = setting.split_once('=');
            let (name, value) = named.ok_or_else(|| fault("NAME=VALUE, with commas between"))?;
            let parameter = recipe.known(name.trim())?;
            if recipe.given(parameter.name).is_some() {
                return Err(fault("each parameter once"));
            }
            let number = value.trim().parse::<f64>().map_err(|_| fault(parameter.range.expected()))?;
            recipe = recipe.with(parameter.name, number)?;
        }
        Ok(recipe)
    }
}
