//! What stands for (s²I + AVAᵀ)⁻¹ in the guidance of a run.

use crate::definite::{innovation, unbounded};
use crate::dense::{inner, square};
use crate::error::{Result, WindowsError};
use crate::read::{At, Read};
use equipoise_scaling::{Base, Law, LawParameters, ScalingError, active, matched};
use ndarray::Array2;
use ndarray_linalg::Inverse;

/// W of the guidance g = JᵀAᵀ W r, with J of the composite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guide {
    /// W = factor/v, v = std² + γρ²: the laws `sum`, `mean`, `likelihood_weighting`, `dual`, `linear` and
    /// `clamped_linear`.
    Scalar {
        /// std and γ, as the law sets them.
        parameters: LawParameters,
        /// What the gradient is multiplied by.
        factor: f64,
    },
    /// W = ξ‖ε̂‖/(‖σg‖ v), v as `sum`'s: by draws alone, since it follows the state.
    Adaptive {
        /// s and γ.
        parameters: LawParameters,
    },
    /// W = 1/v, with the two traces of the composite itself.
    Matched,
    /// The same with B′.
    Active,
    /// W = (s²I + AVAᵀ)⁻¹, V = (σ²/μ)J: exact guidance where the denoiser is exact.
    Moments,
    /// The same with V⁺, which is positive by construction.
    Positive,
}

impl Guide {
    /// A law for `n_obs` observations, `n_ref` being its N_ref.
    pub fn law(law: Law, base: Base, n_obs: usize, n_ref: usize) -> Self {
        let parameters = law.parameters(base, n_obs, n_ref.max(1));
        match law {
            Law::Matched => Self::Matched,
            Law::Active => Self::Active,
            Law::Adaptive => Self::Adaptive { parameters },
            _ => Self::Scalar { parameters, factor: law.gradient_factor(n_obs) },
        }
    }

    /// Whether a step under it is affine in x.
    pub fn is_affine(&self) -> bool {
        !matches!(self, Self::Adaptive { .. })
    }
}

/// Sums over the series at one level: what the laws `matched` and `active` take.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traces {
    /// tr(B·AVAᵀ) and tr B, B = A J JᵀAᵀ up to a factor.
    matched: [f64; 2],
    /// tr(B′·AVAᵀ) and tr B′, B′ = A J(I − μJ)Aᵀ up to a factor.
    active: [f64; 2],
}

impl Traces {
    /// Of one series at ρ, by its weight.
    pub(crate) fn of(read: &Read<'_>, at: &At) -> Self {
        let (a, gain, seen, weight) = (&read.a, &at.gain, &at.seen, read.series.weight());
        let v = seen.dot(&a.t()) * (at.ratio * at.ratio);
        let b = seen.dot(&seen.t());
        let b_active = a.dot(&(gain - &gain.dot(gain))).dot(&a.t());
        let product = |b: &Array2<f64>| weight * inner(b, &v.t().to_owned());
        Self {
            matched: [product(&b), weight * square(seen)],
            active: [product(&b_active), weight * b_active.diag().sum()],
        }
    }

    pub(crate) fn plus(mut self, other: &Self) -> Self {
        self.matched.iter_mut().zip(other.matched).for_each(|(a, b)| *a += b);
        self.active.iter_mut().zip(other.active).for_each(|(a, b)| *a += b);
        self
    }

    /// The scalar W of a guide that has one: 1/v.
    pub(crate) fn scalar(
        &self,
        guide: &Guide,
        ratio: f64,
        std: f64,
    ) -> Option<std::result::Result<f64, ScalingError>> {
        Some(match guide {
            Guide::Scalar { parameters, factor } => Ok(factor / parameters.variance(ratio)),
            Guide::Adaptive { parameters } => Ok(1.0 / parameters.variance(ratio)),
            Guide::Matched => matched::variance(std, self.matched[0], self.matched[1]).map(f64::recip),
            Guide::Active => active::variance(std, self.active[0], self.active[1]).map(f64::recip),
            Guide::Moments | Guide::Positive => return None,
        })
    }
}

/// W at one level, for one series.
pub(crate) enum Weight {
    Scalar(f64),
    Matrix(Array2<f64>),
}

impl Weight {
    /// W B.
    pub(crate) fn times(&self, b: &Array2<f64>) -> Array2<f64> {
        match self {
            Self::Scalar(weight) => b * *weight,
            Self::Matrix(weight) => weight.dot(b),
        }
    }
}

impl Read<'_> {
    /// What the residual is weighed with at a level, `scalar` where that is a number; and whether it passes 1/s².
    pub(crate) fn weight(&self, guide: &Guide, scalar: Option<f64>, at: &At) -> Result<(Weight, bool)> {
        let (weight, past) = match (scalar, guide) {
            (Some(weight), _) => return Ok((Weight::Scalar(weight), false)),
            (None, Guide::Positive) => inverse(&self.positive(at)?, self, at.ratio)?,
            (None, _) => inverse(&at.seen, self, at.ratio)?,
        };
        Ok((Weight::Matrix(weight), past))
    }
}

/// W of a guide without a scalar, and whether its inverse passed the bound 1/s².
fn inverse(seen: &Array2<f64>, read: &Read<'_>, ratio: f64) -> Result<(Array2<f64>, bool)> {
    let m = innovation(seen, &read.a, ratio, read.std);
    let past = unbounded(&m, read.std)?;
    let dim = m.nrows();
    let inverse =
        m.inv().map_err(|source| WindowsError::Linalg { what: "inverse of s²I + AVAᵀ", dim, source })?;
    Ok((inverse, past))
}

/// The traces of a series at every level.
pub(crate) fn traces(read: &Read<'_>, ratios: &[f64]) -> Result<Vec<Traces>> {
    ratios.iter().map(|ratio| Ok(Traces::of(read, &read.at(*ratio)?))).collect()
}

/// Those of all series at every of `levels` levels, summed in their order.
pub(crate) fn total(each: &[Vec<Traces>], levels: usize) -> Vec<Traces> {
    let total = |i: usize| each.iter().fold(Traces::default(), |sum, of| sum.plus(&of[i]));
    (0..levels).map(total).collect()
}
