//! How a guidance weighs the residual: W, its stand-in for (s²I + A V Aᵀ)⁻¹.

use crate::{Course, StabilityError};
use equipoise_guidance::Strength;
use equipoise_observation::NoiseVariance;

/// The guidance g = JᵀAᵀW r of a run.
#[derive(Clone, Copy, Debug)]
pub enum Likelihood<'a> {
    /// W = factor/v(t), a scaling law of SDA's score.
    Law(&'a Strength),
    /// A law whose factor follows the state (`adaptive`), held at one number for each time of the
    /// course: the affine step that the run takes where those numbers were read.
    Frozen {
        /// The law.
        strength: &'a Strength,
        /// What g is multiplied by beside the law's own factor, at every time of the course.
        factors: &'a [f64],
    },
    /// W = (s²I + A V Aᵀ)⁻¹, the exact guidance.
    Exact,
}

/// W at one level.
#[derive(Clone, Debug)]
pub(crate) enum Precision {
    /// W is diagonal with these entries.
    Diagonal(NoiseVariance),
    /// W = S⁻¹.
    Innovation,
}

impl Likelihood<'_> {
    /// W at entry `i` of the course.
    pub(crate) fn precision(&self, course: &Course, i: usize) -> Result<Precision, StabilityError> {
        let (strength, frozen) = match self {
            Self::Exact => return Ok(Precision::Innovation),
            Self::Law(Strength { adaptive: Some(_), .. }) => return Err(StabilityError::StateDependent),
            Self::Law(strength) => (strength, 1.0),
            Self::Frozen { strength, factors } => {
                let (found, expected) = (factors.len(), course.times().len());
                if found != expected {
                    return Err(StabilityError::Length { what: "factors", found, expected });
                }
                (strength, factors[i])
            }
        };
        let over = |v: &f64| strength.factor * frozen / v;
        let inverse = match strength.variance_at(course.levels()[i])? {
            NoiseVariance::Uniform(v) => NoiseVariance::Uniform(over(&v)),
            NoiseVariance::PerChannel { values, plane } => {
                NoiseVariance::PerChannel { values: values.iter().map(over).collect(), plane }
            }
            NoiseVariance::PerObservation(values) => {
                NoiseVariance::PerObservation(values.iter().map(over).collect())
            }
        };
        Ok(Precision::Diagonal(inverse))
    }

    /// W at the beginning of every step.
    pub(crate) fn precisions(&self, course: &Course) -> Result<Vec<Precision>, StabilityError> {
        (0..course.steps()).map(|i| self.precision(course, i)).collect()
    }
}
