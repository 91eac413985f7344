//! The posterior methods by name: what each is, needs and can be tuned by.

use crate::entries::entries;
use crate::{Parameter, Result, SolverError};
use equipoise_denoiser::Jacobian;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// What a method asks of the prior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// Its denoiser.
    Denoiser,
    /// That it is Gaussian.
    Gaussian,
    /// That its posterior is known: Gaussian, or on finitely many fields.
    KnownPosterior,
}

impl Needs {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Denoiser => "any prior",
            Self::Gaussian => "a Gaussian prior",
            Self::KnownPosterior => "a Gaussian prior, or one on finitely many fields",
        }
    }
}

/// What a method takes of the Jacobian J = ∂x̂/∂x_t.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JacobianUse {
    /// Nothing: x̂ alone is made.
    Nothing,
    /// Jᵀ, in the gradient of a function of x̂(x_t): right whatever J is.
    Gradient,
    /// Jᵀ, and (σ²/μ)Jᵀ for Cov[x | x_t], which it is of a posterior mean.
    Covariance,
}

/// What is known of a method without a problem.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct Spec {
    /// The name that the command line and the results use.
    pub name: &'static str,
    /// What it is, in half a line.
    pub about: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// Its parameters; the first is the one that is tuned, if any is.
    pub parameters: &'static [Parameter],
    /// What it asks of the prior.
    pub needs: Needs,
    /// What it takes of J.
    pub jacobian: JacobianUse,
    /// What its user is to know where J is that of no posterior mean
    /// ([`Jacobian::General`](equipoise_denoiser::Jacobian)), in a sentence without its end.
    pub caveat: Option<&'static str>,
    /// Whether it takes a linear A only.
    pub linear: bool,
    /// Whether it is scaled by a law, without which it is not bound.
    pub lawful: bool,
    /// Whether its members are estimates of one point, whose spread says nothing of the posterior's.
    pub point_estimate: bool,
    /// Whether it keeps, under a Gaussian prior, a factored N × N matrix of every level.
    pub factors: bool,
}

impl Spec {
    /// A method of any prior and any A, without parameters, which takes Jᵀ as a gradient and draws.
    pub(crate) const fn new([name, about, source]: [&'static str; 3]) -> Self {
        Self {
            name,
            about,
            source,
            parameters: &[],
            needs: Needs::Denoiser,
            jacobian: JacobianUse::Gradient,
            caveat: None,
            linear: false,
            lawful: false,
            point_estimate: false,
            factors: false,
        }
    }
}

/// A posterior method: one of [`Method::all`].
#[derive(Clone, Copy)]
pub struct Method {
    spec: &'static Spec,
    owns_loop: bool,
}

impl Method {
    /// What its user is to know under a prior whose x̂ has this Jacobian, in a sentence without its end: where the
    /// prior is no posterior mean, as a network, and the method takes it for one. Nothing is refused for it.
    pub fn caveat(self, jacobian: Jacobian) -> Option<&'static str> {
        match jacobian {
            Jacobian::Symmetric => None,
            Jacobian::General => self.spec().caveat,
        }
    }

    /// SDA's Gaussian score under a law.
    pub const SDA: Self = Self { spec: &crate::guidances::SDA, owns_loop: false };
    /// The exact guidance, where it is known.
    pub const EXACT: Self = Self { spec: &crate::guidances::EXACT, owns_loop: false };
    /// Moment matching, for any denoiser.
    pub const MMPS: Self = Self { spec: &crate::guidances::MMPS, owns_loop: false };

    pub(crate) const fn new(spec: &'static Spec, owns_loop: bool) -> Self {
        Self { spec, owns_loop }
    }

    /// Every method, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        entries::<f32>().into_iter().map(|entry| entry.method)
    }

    /// What is known of it.
    pub const fn spec(self) -> &'static Spec {
        self.spec
    }

    /// The name that the command line and the results use.
    pub const fn name(self) -> &'static str {
        self.spec.name
    }

    /// The parameter that is tuned, if the method has one.
    pub fn tuned(self) -> Option<&'static Parameter> {
        self.spec.parameters.first().filter(|parameter| parameter.is_tuned())
    }

    /// Whether the method owns its step or loop, and leaves no choice of a sampler.
    pub const fn owns_loop(self) -> bool {
        self.owns_loop
    }

    /// Whether its members are estimates of one point, whose spread says nothing of the posterior's.
    pub const fn is_point_estimate(self) -> bool {
        self.spec.point_estimate
    }

    /// All names, for messages.
    pub fn names() -> String {
        Self::all().map(Self::name).collect::<Vec<_>>().join(", ")
    }
}

impl PartialEq for Method {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Method {}

impl Hash for Method {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Method({})", self.name())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Method {
    type Err = SolverError;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || SolverError::UnknownMethod { found: text.to_owned() };
        Self::all().find(|method| method.name() == text).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_others_are_refused() {
        for method in Method::all() {
            assert_eq!(method.name().parse::<Method>().unwrap(), method);
        }
        let refused = "DPS".parse::<Method>().unwrap_err().to_string();
        assert!(refused.starts_with("method: found `DPS`, expected one of sda, exact, mmps"), "{refused}");
    }

    #[test]
    fn no_two_methods_or_parameters_share_a_name() {
        let mut names: Vec<&str> = Method::all().map(Method::name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        for method in Method::all() {
            let mut names: Vec<&str> = method.spec().parameters.iter().map(|p| p.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{method}: {names:?}");
        }
    }

    /// Tuning can only find the published value again if it is tried.
    #[test]
    fn every_grid_rises_and_holds_the_published_value() {
        for parameter in Method::all().filter_map(Method::tuned) {
            let grid = parameter.range.grid();
            assert!(grid.is_sorted_by(|a, b| a.number() < b.number()), "{}", parameter.name);
            assert!(grid.contains(&parameter.published), "{}", parameter.name);
        }
        for parameter in Method::all().flat_map(|method| method.spec().parameters) {
            let published = parameter.published;
            assert_eq!(parameter.range.value(published.number()), Some(published), "{}", parameter.name);
        }
    }
}
