//! A posterior method and the law of its likelihood term, as plans and rows name them.

use crate::{Error, Result};
use equipoise_prior::DenoiserName;
use equipoise_scaling::Law;
use equipoise_solver::{Method, Needs, Recipe};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A posterior method with its settings, and the law that scales it.
///
/// Parsed from the label that rows bear as their law: a law's name for `sda` under it, or a recipe. In files it is
/// two texts, `law` and `method`; of a method that takes no law both are the method's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Names", into = "Names")]
pub struct Approach {
    recipe: Recipe,
    /// `None` for a method that no law scales.
    law: Option<Law>,
}

/// An approach in files.
#[derive(Serialize, Deserialize)]
struct Names {
    law: String,
    method: String,
}

impl Approach {
    /// `sda` under a law.
    pub fn of_law(law: Law) -> Self {
        Self::scaled(law, &Method::SDA.into())
    }

    /// A method that takes a law, with its settings, under one.
    pub fn scaled(law: Law, recipe: &Recipe) -> Self {
        Self { law: Some(law), recipe: recipe.clone() }
    }

    /// A method that no law scales, with its settings.
    pub fn of_method(recipe: &Recipe) -> Self {
        Self { law: None, recipe: recipe.clone() }
    }

    /// By the label that a row bears as its law, beside its method.
    pub fn labelled(label: &str, recipe: &Recipe) -> Self {
        match label.parse() {
            Ok(law) if recipe.method().spec().lawful => Self::scaled(law, recipe),
            _ => Self::of_method(recipe),
        }
    }

    /// By the names of its law and its method.
    ///
    /// # Errors
    /// [`Error::Method`]; [`Error::Approach`] where the law is none, or does not belong to the method and its
    /// settings.
    pub fn named(law: &str, method: &str) -> Result<Self> {
        let recipe: Recipe = method.parse()?;
        if recipe.method().spec().lawful {
            let found = Self::scaled(self::law(law)?, &recipe);
            return found.scaling().map(|_| found);
        }
        let found = Self::of_method(&recipe);
        if law == method || law == found.label() { Ok(found) } else { Err(found.unscaled(law)) }
    }

    /// The same with the parameter that tuning moves at a value.
    ///
    /// # Errors
    /// A method without one, or a value out of its range.
    pub fn tuned(&self, value: f64) -> Result<Self> {
        Ok(Self { recipe: self.recipe.clone().tuned(value)?, law: self.law })
    }

    /// The method with its settings.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The law that scales the method; `None` for a method that takes none.
    ///
    /// # Errors
    /// [`Error::Approach`] where the law does not belong to the method and its settings.
    pub fn scaling(&self) -> Result<Option<Law>> {
        let spec = self.recipe.method().spec();
        match self.law {
            None if spec.lawful => Err(Error::IsMethod { method: self.method() }),
            Some(law) if !spec.lawful => Err(self.unscaled(law.name())),
            Some(law) if traced(law) && self.recipe.given("gamma").is_some() => {
                Err(self.fault("no gamma: v(t) of this law comes from traces; --law names others".to_owned()))
            }
            law => Ok(law),
        }
    }

    /// The law that was named, whether or not it belongs to the method.
    pub fn law(&self) -> Option<Law> {
        self.law
    }

    /// What rows bear as their law: the law's name, or the method's own text where it takes none.
    pub fn label(&self) -> String {
        self.law.map_or_else(|| self.recipe.to_string(), |law| law.name().to_owned())
    }

    /// What rows bear as their method: its name, with the settings that are not as published.
    pub fn method(&self) -> String {
        self.recipe.to_string()
    }

    /// Whether the method runs under a prior.
    pub fn runs_under(&self, prior: &DenoiserName) -> bool {
        match self.recipe.method().spec().needs {
            Needs::Gaussian => prior.is_gaussian(),
            Needs::KnownPosterior => prior.knows_posterior(),
            _ => true,
        }
    }

    /// Whether its steps are linear in the coefficients of a Gaussian prior but for what the law makes of
    /// them: those of a law's `sda`, and of `exact`. Certificates are made of such, and reduced runs.
    pub fn in_coefficients(&self) -> bool {
        self.recipe.method().spec().lawful || self.is_exact()
    }

    /// Whether its guidance is the exact one.
    pub fn is_exact(&self) -> bool {
        self.recipe == Method::EXACT.into()
    }

    /// Refuses approaches that are none, and those whose rows would bear one label.
    ///
    /// # Errors
    /// Those of [`scaling`](Self::scaling), [`Error::Approach`].
    pub fn check(approaches: &[Self]) -> Result<()> {
        for (k, approach) in approaches.iter().enumerate() {
            approach.scaling()?;
            let other = |a: &&Self| a.label() == approach.label() && a.recipe != approach.recipe;
            if let Some(other) = approaches[..k].iter().find(other) {
                let expected =
                    format!("another law beside method {}: rows are told apart by it", other.recipe);
                return Err(approach.fault(expected));
            }
        }
        Ok(())
    }

    fn fault(&self, expected: String) -> Error {
        Error::Approach { law: self.label(), method: self.method(), expected }
    }

    fn unscaled(&self, law: &str) -> Error {
        let (method, expected) = (self.method(), format!("{}: no law scales this method", self.recipe));
        Error::Approach { law: law.to_owned(), method, expected }
    }
}

impl From<Approach> for Names {
    fn from(approach: Approach) -> Self {
        Self { law: approach.label(), method: approach.method() }
    }
}

impl TryFrom<Names> for Approach {
    type Error = Error;

    fn try_from(names: Names) -> Result<Self> {
        Self::named(&names.law, &names.method)
    }
}

impl FromStr for Approach {
    type Err = Error;

    fn from_str(label: &str) -> Result<Self> {
        match label.parse() {
            Ok(law) => Ok(Self::of_law(law)),
            Err(_) => Ok(Self::of_method(&label.parse()?)),
        }
    }
}

/// A law by its name.
///
/// # Errors
/// [`Error::IsMethod`] for the name of a method, [`Error::Law`] for any other.
pub fn law(name: &str) -> Result<Law> {
    name.parse().map_err(|unknown| match name.parse::<Recipe>() {
        Ok(recipe) => Error::IsMethod { method: recipe.to_string() },
        Err(_) => Error::Law(unknown),
    })
}

/// Whether v(t) of a law comes from traces of the prior, and not from a base γ.
pub fn traced(law: Law) -> bool {
    matches!(law, Law::Matched | Law::Active)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lead_to_laws_and_methods() {
        let of = |label: &str| label.parse::<Approach>().unwrap();
        let told = |label: &str| (of(label).label(), of(label).method());
        assert_eq!(told("dual"), ("dual".into(), "sda".into()));
        assert_eq!(told("exact"), ("exact".into(), "exact".into()));
        assert_eq!(told("mmps:iterations=3"), ("mmps:iterations=3".into(), "mmps:iterations=3".into()));
        assert_eq!(of("daps:rate=3e-4,steps=50").method(), "daps:rate=0.0003,steps=50");
        assert_eq!(of("dual").scaling().unwrap(), Some(Law::Dual));
        assert_eq!(of("exact").scaling().unwrap(), None);
    }

    /// Nothing but needs decides where a method runs.
    #[test]
    fn a_method_runs_under_the_priors_that_it_needs() {
        for method in Method::all() {
            let approach = Approach::of_method(&method.into());
            let under =
                ["wiener", "optimal@4", "local:4"].map(|prior| approach.runs_under(&prior.parse().unwrap()));
            let expected = match method.spec().needs {
                Needs::Gaussian => [true, false, false],
                Needs::KnownPosterior => [true, true, false],
                _ => [true; 3],
            };
            assert_eq!(under, expected, "{method}");
        }
    }

    #[test]
    fn what_does_not_belong_together_is_named() {
        let fault = |law: &str, method: &str| Approach::named(law, method).unwrap_err().to_string();
        let law = Law::Dual;
        let twice = ["sda", "sda:gamma=0.1"].map(|text| Approach::scaled(law, &text.parse().unwrap()));
        let messages = [
            fault("exact", "sda"),
            fault("sun", "sda"),
            fault("dual", "exact"),
            Approach::scaled(law, &Method::EXACT.into()).scaling().unwrap_err().to_string(),
            Approach::of_method(&Method::SDA.into()).scaling().unwrap_err().to_string(),
            fault("matched", "sda:gamma=0.1"),
            fault("mmps", "mmps:iterations=1.5"),
            fault("mmps", "mmps:iteration=2"),
            Approach::check(&twice).unwrap_err().to_string(),
        ];
        insta::assert_snapshot!(messages.join("\n"), @r#"
        law: found exact, expected a law: exact is a method: --method exact
        law: found "sun", expected one of sum, mean, likelihood_weighting, dual, linear, clamped_linear, adaptive, matched, active
        plan: found law dual with method exact, expected exact: no law scales this method
        plan: found law dual with method exact, expected exact: no law scales this method
        law: found sda, expected a law: sda is a method: --method sda
        plan: found law matched with method sda:gamma=0.1, expected no gamma: v(t) of this law comes from traces; --law names others
        method mmps, iterations: found 1.5, expected a whole number of at least 1
        method mmps: found `iteration`, expected one of its parameters: iterations
        plan: found law dual with method sda:gamma=0.1, expected another law beside method sda: rows are told apart by it
        "#);
    }
}
