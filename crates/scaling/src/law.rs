//! The laws by name, and what each does to (std, γ) and the gradient.

use crate::{
    Base, LawParameters, PUBLISHED_BASE, PUBLISHED_REFERENCE_SUB, ScalingError, clamped_linear, dual,
    likelihood_weighting, linear, mean,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A scaling law of the likelihood term. ratio = N / N_ref throughout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Law {
    /// s, γ and the gradient as they are: SDA's published score.
    Sum,
    /// The gradient divided by N (section 7.1).
    Mean,
    /// std = s√ratio (sections 3.1 and 7.5).
    LikelihoodWeighting,
    /// std = s√ratio, γ·ratio (section 8.5).
    Dual,
    /// std = s·ratio, γ·ratio² (section 9.4).
    Linear,
    /// As `Linear`, held above two floors (section 13.5).
    ClampedLinear,
    /// The gradient brought to the norm of the noise estimate (section 3.2).
    Adaptive,
    /// v = s² + tr(B·AVAᵀ)/tr B, B = A J Jᵀ Aᵀ.
    Matched,
    /// v = s² + tr(B′·AVAᵀ)/tr B′, B′ = A J (I − μJ) Aᵀ.
    Active,
}

/// Where a law's published N_ref comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A fixed number of observations.
    Count(usize),
    /// The number of observations of the same field at this stride.
    Stride(usize),
}

impl Law {
    /// Every law, in the order of the reports.
    pub const ALL: [Self; 9] = [
        Self::Sum,
        Self::Mean,
        Self::LikelihoodWeighting,
        Self::Dual,
        Self::Linear,
        Self::ClampedLinear,
        Self::Adaptive,
        Self::Matched,
        Self::Active,
    ];

    /// The name that the command line and the tables use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::LikelihoodWeighting => "likelihood_weighting",
            Self::Dual => "dual",
            Self::Linear => "linear",
            Self::ClampedLinear => "clamped_linear",
            Self::Adaptive => "adaptive",
            Self::Matched => "matched",
            Self::Active => "active",
        }
    }

    /// (std, γ) under this law for `n_obs` observations, `n_ref` being the law's N_ref.
    ///
    /// `Matched` and `Active` have no γ-term: their γ is 0, and v comes from
    /// [`matched::variance`](crate::matched::variance) or [`active::variance`](crate::active::variance).
    ///
    /// # Panics
    /// If `n_ref` is 0.
    pub fn parameters(self, base: Base, n_obs: usize, n_ref: usize) -> LawParameters {
        assert!(n_ref > 0, "law {self}: n_ref is 0, expected at least 1");
        let ratio = n_obs as f64 / n_ref as f64;
        match self {
            Self::Sum | Self::Mean | Self::Adaptive => LawParameters { std: base.std, gamma: base.gamma },
            Self::LikelihoodWeighting => likelihood_weighting::parameters(base, ratio),
            Self::Dual => dual::parameters(base, ratio),
            Self::Linear => linear::parameters(base, ratio),
            Self::ClampedLinear => clamped_linear::parameters(base, ratio),
            Self::Matched | Self::Active => LawParameters { std: base.std, gamma: 0.0 },
        }
    }

    /// What the gradient is multiplied by, whatever its norm: 1/N for `Mean`, 1 for the others.
    /// `Adaptive` multiplies by [`adaptive::factor`](crate::adaptive::factor) besides.
    pub fn gradient_factor(self, n_obs: usize) -> f64 {
        match self {
            Self::Mean => mean::gradient_factor(n_obs),
            _ => 1.0,
        }
    }

    /// The (std, γ) that the study started this law from.
    pub const fn published_base(self) -> Base {
        match self {
            Self::ClampedLinear => clamped_linear::BASE,
            _ => PUBLISHED_BASE,
        }
    }

    /// Where the study took this law's N_ref from.
    pub const fn published_reference(self) -> Reference {
        match self {
            Self::LikelihoodWeighting => Reference::Count(likelihood_weighting::N_REF),
            _ => Reference::Stride(PUBLISHED_REFERENCE_SUB),
        }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Law {
    type Err = ScalingError;

    fn from_str(text: &str) -> Result<Self, ScalingError> {
        Self::ALL.into_iter().find(|law| law.name() == text).ok_or_else(|| ScalingError::UnknownLaw {
            found: text.to_owned(),
            expected: Self::ALL.map(Self::name).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_are_the_serialised_form() {
        for law in Law::ALL {
            assert_eq!(law.name().parse(), Ok(law));
            assert_eq!(serde_json::to_string(&law).unwrap(), format!("\"{law}\""));
        }
        let message = "double".parse::<Law>().unwrap_err().to_string();
        assert!(message.contains("\"double\"") && message.contains("clamped_linear"), "{message}");
    }

    #[test]
    fn laws_without_a_ratio_ignore_the_counts() {
        for law in [Law::Sum, Law::Mean, Law::Adaptive] {
            let parameters = law.parameters(PUBLISHED_BASE, 7, 1000);
            assert_eq!(parameters, LawParameters { std: 0.1, gamma: 0.01 });
        }
        for law in [Law::Matched, Law::Active] {
            assert_eq!(law.parameters(PUBLISHED_BASE, 7, 1000), LawParameters { std: 0.1, gamma: 0.0 });
        }
    }

    #[test]
    fn every_ratio_law_returns_its_base_at_the_reference() {
        for law in [Law::LikelihoodWeighting, Law::Dual, Law::Linear, Law::ClampedLinear] {
            let base = law.published_base();
            let parameters = law.parameters(base, 155_232, 155_232);
            assert_eq!(parameters, LawParameters { std: base.std, gamma: base.gamma }, "{law}");
        }
    }
}
