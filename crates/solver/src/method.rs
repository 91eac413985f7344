//! The posterior methods by name, each with its one tuning parameter.

use crate::SolverError;
use std::fmt;
use std::str::FromStr;

/// A posterior method.
///
/// | name | method | parameter |
/// |---|---|---|
/// | `sda` | [`Sda`](equipoise_guidance::Sda) under a scaling law | γ |
/// | `exact` | [`Exact`](equipoise_guidance::Exact), or [`Conditioned`](equipoise_guidance::Conditioned) on a prior of finitely many fields | |
/// | `mmps` | [`Mmps`](equipoise_guidance::Mmps) | CG iterations |
/// | `poly2` | [`Poly2`](equipoise_guidance::Poly2) | |
/// | `tmpd` | [`Tmpd`](equipoise_guidance::Tmpd) | |
/// | `pigdm_score` | [`PigdmScore`](equipoise_guidance::PigdmScore) | |
/// | `jfps` | [`Jfps`](equipoise_guidance::Jfps) | |
/// | `diffpir` | [`DiffPir`](equipoise_guidance::DiffPir) | λ |
/// | `dps` | [`Dps`](crate::Dps) | ζ |
/// | `sda_dps` | [`SdaDps`](crate::SdaDps) | ζ |
/// | `dsg` | [`Dsg`](crate::Dsg) | guidance rate |
/// | `mcg` | [`Mcg`](crate::Mcg) | ζ |
/// | `pigdm` | [`Pigdm`](crate::Pigdm) | η |
/// | `ddrm` | [`Ddrm`](crate::Ddrm) | η |
/// | `ddnm` | [`Ddnm`](crate::Ddnm) | η |
/// | `pnp_admm` | [`PnpAdmm`](crate::PnpAdmm) | λ |
/// | `red_diff` | [`RedDiff`](crate::RedDiff) | rate of Adam |
/// | `daps` | [`Daps`](crate::Daps) with [`Inner::Langevin`](crate::Inner::Langevin) | rate |
/// | `daps_exact` | [`Daps`](crate::Daps) with [`Inner::Exact`](crate::Inner::Exact) | flow steps |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// SDA's Gaussian score under a law.
    Sda,
    /// The exact guidance of a Gaussian prior, or of one on finitely many fields.
    Exact,
    /// Moment matching.
    Mmps,
    /// The best quadratic in the innovation covariance.
    Poly2,
    /// Tweedie moment projection.
    Tmpd,
    /// The likelihood score of pseudoinverse guidance.
    PigdmScore,
    /// Jacobian-free moment matching.
    Jfps,
    /// Plug-and-play proximal guidance.
    DiffPir,
    /// Diffusion posterior sampling.
    Dps,
    /// SDA's variant of it.
    SdaDps,
    /// Spherical Gaussian constraint.
    Dsg,
    /// Manifold-constrained gradient.
    Mcg,
    /// Pseudoinverse guidance.
    Pigdm,
    /// Denoising diffusion restoration.
    Ddrm,
    /// Denoising diffusion null-space.
    Ddnm,
    /// Plug-and-play ADMM, a point estimate.
    PnpAdmm,
    /// Regularisation by denoising diffusion, a point estimate.
    RedDiff,
    /// Decoupled annealing, x drawn by Langevin steps.
    Daps,
    /// Decoupled annealing, x drawn exactly.
    DapsExact,
}

/// The one parameter of a method that people tune.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its symbol.
    pub name: &'static str,
    /// What the paper, or the code published with it, takes.
    pub published: f64,
    /// The values that tuning tries, in rising order.
    pub grid: &'static [f64],
}

/// The step sizes ζ that tuning tries.
const ZETAS: &[f64] = &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// The shares η that tuning tries.
const ETAS: &[f64] = &[0.0, 0.2, 0.5, 0.7, 0.85, 0.95, 1.0];

const fn parameter(name: &'static str, published: f64, grid: &'static [f64]) -> Option<Parameter> {
    Some(Parameter { name, published, grid })
}

impl Method {
    /// Every method, in the order of the documentation.
    pub const ALL: [Self; 19] = [
        Self::Sda,
        Self::Exact,
        Self::Mmps,
        Self::Poly2,
        Self::Tmpd,
        Self::PigdmScore,
        Self::Jfps,
        Self::DiffPir,
        Self::Dps,
        Self::SdaDps,
        Self::Dsg,
        Self::Mcg,
        Self::Pigdm,
        Self::Ddrm,
        Self::Ddnm,
        Self::PnpAdmm,
        Self::RedDiff,
        Self::Daps,
        Self::DapsExact,
    ];

    /// The name that the command line and the results use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sda => "sda",
            Self::Exact => "exact",
            Self::Mmps => "mmps",
            Self::Poly2 => "poly2",
            Self::Tmpd => "tmpd",
            Self::PigdmScore => "pigdm_score",
            Self::Jfps => "jfps",
            Self::DiffPir => "diffpir",
            Self::Dps => "dps",
            Self::SdaDps => "sda_dps",
            Self::Dsg => "dsg",
            Self::Mcg => "mcg",
            Self::Pigdm => "pigdm",
            Self::Ddrm => "ddrm",
            Self::Ddnm => "ddnm",
            Self::PnpAdmm => "pnp_admm",
            Self::RedDiff => "red_diff",
            Self::Daps => "daps",
            Self::DapsExact => "daps_exact",
        }
    }

    /// The parameter that is tuned, if the method has one.
    pub const fn parameter(self) -> Option<Parameter> {
        match self {
            Self::Exact | Self::Poly2 | Self::Tmpd | Self::PigdmScore | Self::Jfps => None,
            Self::Sda => parameter("gamma", 0.01, &[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]),
            Self::Mmps => parameter("iterations", 1.0, &[1.0, 2.0, 3.0, 5.0, 10.0]),
            Self::DiffPir => parameter("lambda", 10.0, &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]),
            Self::Dps | Self::SdaDps | Self::Mcg => parameter("zeta", 1.0, ZETAS),
            Self::Dsg => parameter("weight", 1.0, &[0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.0]),
            Self::Pigdm => parameter("eta", 0.0, ETAS),
            Self::Ddrm | Self::Ddnm => parameter("eta", 0.85, ETAS),
            Self::PnpAdmm => parameter("lambda", 0.23, &[0.01, 0.03, 0.1, 0.23, 0.5, 1.0, 3.0]),
            Self::RedDiff => parameter("rate", 0.1, &[0.01, 0.03, 0.1, 0.3, 1.0]),
            Self::Daps => parameter("rate", 1e-4, &[1e-5, 3e-5, 1e-4, 3e-4, 1e-3]),
            Self::DapsExact => parameter("flow_steps", 5.0, &[1.0, 2.0, 3.0, 5.0, 10.0]),
        }
    }

    /// Whether the method owns its step or loop, and leaves no choice of a sampler.
    pub const fn owns_loop(self) -> bool {
        !matches!(
            self,
            Self::Sda
                | Self::Exact
                | Self::Mmps
                | Self::Poly2
                | Self::Tmpd
                | Self::PigdmScore
                | Self::Jfps
                | Self::DiffPir
        )
    }

    /// Whether its members are estimates of one point, whose spread says nothing of the posterior's.
    pub const fn is_point_estimate(self) -> bool {
        matches!(self, Self::PnpAdmm | Self::RedDiff)
    }

    /// All names, for messages.
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = SolverError;

    fn from_str(text: &str) -> Result<Self, SolverError> {
        let unknown = || SolverError::UnknownMethod { found: text.to_owned() };
        Self::ALL.into_iter().find(|method| method.name() == text).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_others_are_refused() {
        for method in Method::ALL {
            assert_eq!(method.name().parse::<Method>().unwrap(), method);
        }
        let refused = "DPS".parse::<Method>().unwrap_err().to_string();
        assert!(refused.starts_with("method: found `DPS`, expected one of sda, exact, mmps"), "{refused}");
    }

    /// Tuning can only find the published value again if it is tried.
    #[test]
    fn every_grid_rises_and_holds_the_published_value() {
        for Parameter { name, published, grid } in Method::ALL.iter().filter_map(|m| m.parameter()) {
            assert!(grid.is_sorted_by(|a, b| a < b), "{name}");
            assert!(grid.iter().any(|v| v.to_bits() == published.to_bits()), "{name}");
        }
    }
}
