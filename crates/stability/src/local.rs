//! The local certificate of a nonlinear denoiser, along one trajectory.

use crate::certificate::{Certificate, Scope};
use crate::certifier::field;
use crate::course::Weight;
use crate::field_steps::{LocalSteps, Weigh};
use crate::product::{THOROUGH, amplify};
use crate::{Course, Likelihood, StabilityError};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_operator::LinearOperator;
use equipoise_reduced::Weighing;
use equipoise_stream::Stream;

/// σ_W and its peak of the predictor linearised at `states`, x_t at the beginning of every step,
/// recorded from a run or made as μx + σε.
///
/// > P̃_t = (v₀ + ρ′²)^{−½} [I − q((I − μJ) + σ²J AᵀWA J)] (v₀ + ρ²)^{½}
///
/// J is the denoiser's Jacobian at x_t by `vjp`, taken as symmetric, which it is where
/// x̂ = E[x | x_t]; what J's own change adds to the derivative of g is left out (Gauss–Newton).
/// `variance` v₀ is that of a clean entry, 1 in normalised units: without a covariance, whitening is
/// by a number. One linearisation and two vjps a step and pass, some twenty passes in all.
///
/// The certificate says what perturbations of that trajectory do, not what other trajectories do.
///
/// # Errors
/// [`StabilityError::Length`] unless there is a state of length D for each step;
/// [`StabilityError::StateDependent`] for `adaptive` without factors and for the exact guidance,
/// which needs a prior's covariance; [`StabilityError::Denoiser`].
pub fn local_certificate<R: Real>(
    denoiser: &dyn Denoiser<R>,
    operator: &dyn LinearOperator<R>,
    course: &Course,
    likelihood: &Likelihood,
    states: &[Vec<R>],
    variance: f64,
) -> Result<Certificate, StabilityError> {
    let length = |what, found, expected| {
        if found == expected { Ok(()) } else { Err(StabilityError::Length { what, found, expected }) }
    };
    length("states", states.len(), course.steps())?;
    states.iter().try_for_each(|x| length("a state", x.len(), denoiser.dim()))?;
    length("the operator's field", operator.len_in(), denoiser.dim())?;
    let weigh = |weight: Weight| match weight.weighing {
        Weighing::Diagonal(v) => Ok(Weigh::Diagonal(v, weight.factor)),
        Weighing::Innovation => Err(StabilityError::StateDependent),
    };
    let weigh = course.weights(likelihood)?.into_iter().map(weigh).collect::<Result<_, _>>()?;
    let steps = LocalSteps { denoiser, operator, course, states, weigh, variance };
    let found = amplify(&steps, Stream::new("amplification"), THOROUGH)?;
    let prior = (variance * denoiser.dim() as f64).sqrt();
    let size = found.field.exp() / prior;
    Ok(Certificate::new(course, &found.log, size, field(&found.direction), R::epsilon().wide(), Scope::Local))
}
