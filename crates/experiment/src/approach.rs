//! A posterior method and the law of its likelihood term, as plans and rows name them.

use crate::{Error, Result};
use equipoise_prior::DenoiserName;
use equipoise_scaling::Law;
use equipoise_solver::{Method, Needs, Recipe};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A posterior method with its settings, and the law that scales it.
///
/// Parsed from the label that rows bear as their law: a law's name for `sda` under it, or a recipe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approach {
    /// Scaling law; the method's own text where it takes none.
    pub law: String,
    /// Posterior method, as [`Recipe`] prints it.
    pub method: String,
}

impl Approach {
    /// `sda` under a law.
    pub fn of_law(law: Law) -> Self {
        Self::scaled(law, &Method::SDA.into())
    }

    /// A method that takes a law, with its settings, under one.
    pub fn scaled(law: Law, recipe: &Recipe) -> Self {
        Self { law: law.name().to_owned(), method: recipe.to_string() }
    }

    /// A method that no law scales, with its settings.
    pub fn of_method(recipe: &Recipe) -> Self {
        let text = recipe.to_string();
        Self { law: text.clone(), method: text }
    }

    /// The method with its settings.
    ///
    /// # Errors
    /// [`Error::Method`].
    pub fn recipe(&self) -> Result<Recipe> {
        Ok(self.method.parse()?)
    }

    /// The law that scales the method; `None` for a method that takes none.
    ///
    /// # Errors
    /// [`Error::Method`]; [`Error::Approach`] where the law is none, or does not belong to the method and its
    /// settings.
    pub fn scaling(&self) -> Result<Option<Law>> {
        let recipe = self.recipe()?;
        if !recipe.method().spec().lawful {
            let expected = || format!("{}: no law scales this method", self.method);
            return if self.law == self.method { Ok(None) } else { Err(self.fault(expected())) };
        }
        let law = law(&self.law)?;
        if traced(law) && recipe.given("gamma").is_some() {
            return Err(
                self.fault("no gamma: v(t) of this law comes from traces; --law names others".to_owned())
            );
        }
        Ok(Some(law))
    }

    /// Whether the method runs under a prior of this name.
    pub fn runs_under(&self, prior: &str) -> bool {
        let (Ok(prior), Ok(recipe)) = (prior.parse::<DenoiserName>(), self.recipe()) else { return true };
        match recipe.method().spec().needs {
            Needs::Gaussian => prior.is_gaussian(),
            Needs::KnownPosterior => prior.knows_posterior(),
            _ => true,
        }
    }

    /// Whether its steps are linear in the coefficients of a Gaussian prior but for what the law makes of
    /// them: those of a law's `sda`, and of `exact`. Certificates are made of such, and reduced runs.
    pub fn in_coefficients(&self) -> bool {
        self.recipe().is_ok_and(|recipe| in_coefficients(recipe.method()))
    }

    /// Refuses approaches that are none, and those whose rows would bear one label.
    ///
    /// # Errors
    /// Those of [`scaling`](Self::scaling), [`Error::Approach`].
    pub fn check(approaches: &[Self]) -> Result<()> {
        for (k, approach) in approaches.iter().enumerate() {
            approach.scaling()?;
            let other = |a: &&Self| a.law == approach.law && a.method != approach.method;
            if let Some(other) = approaches[..k].iter().find(other) {
                let expected =
                    format!("another law beside method {}: rows are told apart by it", other.method);
                return Err(approach.fault(expected));
            }
        }
        Ok(())
    }

    fn fault(&self, expected: String) -> Error {
        Error::Approach { law: self.law.clone(), method: self.method.clone(), expected }
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

/// As [`Approach::in_coefficients`].
fn in_coefficients(method: Method) -> bool {
    method.spec().lawful || method == Method::EXACT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_lead_to_laws_and_methods() {
        let of = |label: &str| label.parse::<Approach>().unwrap();
        assert_eq!(of("dual"), Approach { law: "dual".into(), method: "sda".into() });
        assert_eq!(of("exact"), Approach { law: "exact".into(), method: "exact".into() });
        let mmps = of("mmps:iterations=3");
        assert_eq!((mmps.law.as_str(), mmps.method.as_str()), ("mmps:iterations=3", "mmps:iterations=3"));
        assert_eq!(of("daps:rate=3e-4,steps=50").method, "daps:rate=0.0003,steps=50");
        assert_eq!(of("dual").scaling().unwrap(), Some(Law::Dual));
        assert_eq!(of("exact").scaling().unwrap(), None);
    }

    /// Nothing but needs decides where a method runs.
    #[test]
    fn a_method_runs_under_the_priors_that_it_needs() {
        for method in Method::all() {
            let approach = Approach::of_method(&method.into());
            let under = ["wiener", "optimal@4", "local:4"].map(|prior| approach.runs_under(prior));
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
        let fault = |law: &str, method: &str| {
            let approach = Approach { law: law.into(), method: method.into() };
            approach.scaling().unwrap_err().to_string()
        };
        let law = Law::Dual;
        let twice = ["sda", "sda:gamma=0.1"].map(|text| Approach::scaled(law, &text.parse().unwrap()));
        let messages = [
            fault("exact", "sda"),
            fault("sun", "sda"),
            fault("dual", "exact"),
            fault("matched", "sda:gamma=0.1"),
            fault("mmps", "mmps:iterations=1.5"),
            fault("mmps", "mmps:iteration=2"),
            Approach::check(&twice).unwrap_err().to_string(),
        ];
        insta::assert_snapshot!(messages.join("\n"), @r#"
        law: found exact, expected a law: exact is a method: --method exact
        law: found "sun", expected one of sum, mean, likelihood_weighting, dual, linear, clamped_linear, adaptive, matched, active
        plan: found law dual with method exact, expected exact: no law scales this method
        plan: found law matched with method sda:gamma=0.1, expected no gamma: v(t) of this law comes from traces; --law names others
        method mmps, iterations: found 1.5, expected a whole number of at least 1
        method mmps: found `iteration`, expected one of its parameters: iterations
        plan: found law dual with method sda:gamma=0.1, expected another law beside method sda: rows are told apart by it
        "#);
    }
}
