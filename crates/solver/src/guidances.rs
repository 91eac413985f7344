//! The entries of the methods that are a guidance under any sampler.

use crate::{Inference, JacobianUse, Method, Needs, Parameter, Recipe, Result, SolverError, Spec, Value};
use equipoise_field::Real;
use equipoise_guidance::{
    ConditionalCovariance, Conditioned, DiffPir, Excess, Guidance, Mmps, PigdmScore, Sda, Strength, Tmpd,
};
#[cfg(feature = "gaussian")]
use equipoise_guidance::{Exact, Jfps, Poly2};
use equipoise_observation::ConjugateGradients;
use std::sync::Arc;

/// Residual, relative to ‖r‖, at which the solves of [`Mmps`] stop before their iterations are spent.
const MMPS_TOLERANCE: f64 = 1e-10;

type Bound<R> = Result<Arc<dyn Guidance<R>>>;

pub(crate) const SDA: Spec = Spec {
    parameters: &[Parameter::positive(
        ["gamma", "γ", "the part of v(t) that grows with the noise, γ(σ/μ)²"],
        0.01,
        &[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0],
    )],
    lawful: true,
    ..Spec::new(["sda", "SDA's Gaussian score under a scaling law", "Rozet & Louppe 2023, arXiv 2306.10574"])
};

pub(crate) const EXACT: Spec = Spec {
    needs: Needs::KnownPosterior,
    factors: true,
    ..Spec::new(["exact", "the exact guidance, where it is known", "Rozet et al. 2024, arXiv 2405.13712"])
};

pub(crate) const MMPS: Spec = Spec {
    parameters: &[Parameter::count(
        ["iterations", "k", "iterations of conjugate gradients"],
        1,
        &[1, 2, 3, 5, 10],
    )],
    jacobian: JacobianUse::Covariance,
    caveat: Some(
        "(σ²/μ)Jᵀ of this prior need be neither symmetric nor positive: conjugate gradients follow its symmetric \
         part and are no exact solve, and one that meets a direction of non-positive curvature or passes \
         ‖u‖ = ‖r‖/s² is ended there",
    ),
    ..Spec::new(["mmps", "moment matching by conjugate gradients", "Rozet et al. 2024, arXiv 2405.13712"])
};

pub(crate) const POLY2: Spec = Spec {
    needs: Needs::Gaussian,
    jacobian: JacobianUse::Covariance,
    ..Spec::new(["poly2", "the best quadratic in the innovation covariance", "docs/laws.md"])
};

pub(crate) const TMPD: Spec = Spec {
    jacobian: JacobianUse::Covariance,
    caveat: Some(
        "(σ²/μ)Jᵀ of this prior need be neither symmetric nor positive: the row sums taken are those of Jᵀ, and a \
         negative one is taken as zero",
    ),
    ..Spec::new(["tmpd", "Tweedie moment projection, diagonal", "Boys et al. 2024, arXiv 2310.06721"])
};

pub(crate) const PIGDM_SCORE: Spec =
    Spec::new(["pigdm_score", "the likelihood score of pseudoinverse guidance", "Song et al. 2023, ICLR"]);

pub(crate) const JFPS: Spec = Spec {
    needs: Needs::Gaussian,
    linear: true,
    factors: true,
    jacobian: JacobianUse::Nothing,
    ..Spec::new(["jfps", "moment matching without a Jacobian", "azula, azula.guidance.jfps"])
};

pub(crate) const DIFFPIR: Spec = Spec {
    parameters: &[Parameter::positive(
        ["lambda", "λ", "weight of the prior in the proximal step"],
        10.0,
        &[0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
    )],
    linear: true,
    jacobian: JacobianUse::Nothing,
    ..Spec::new(["diffpir", "a proximal step on the data at x̂", "Zhu et al. 2023, arXiv 2305.08995"])
};

pub(crate) fn sda<R: Real>(on: &Inference<R>, recipe: &Recipe, strength: Option<&Strength>) -> Bound<R> {
    let mut strength = strength.cloned().ok_or(needs(Method::SDA, "no law", "a law's strength"))?;
    let seen = on.problem.observation();
    strength.variance.check(seen.count())?;
    if let Some(gamma) = recipe.given("gamma").map(Value::number) {
        let Excess::Gamma(of_law) = &mut strength.excess else {
            return Err(needs(Method::SDA, "gamma for a law without one", "no parameter"));
        };
        *of_law = gamma;
    }
    let sda = Sda::new(on.problem.denoiser(), Arc::clone(seen), strength);
    #[cfg(feature = "gaussian")]
    if let Some(gaussian) = on.problem.as_gaussian() {
        return Ok(Arc::new(sda.along(Arc::clone(gaussian.path()))));
    }
    Ok(Arc::new(sda))
}

pub(crate) fn exact<R: Real>(on: &Inference<R>, _: &Recipe, _: Option<&Strength>) -> Bound<R> {
    if let ConditionalCovariance::Empirical(prior) = on.problem.prior() {
        return Ok(Arc::new(Conditioned::new(Arc::clone(prior), on.problem.observation())?));
    }
    #[cfg(feature = "gaussian")]
    if let Some(gaussian) = on.problem.as_gaussian() {
        let innovations = gaussian.innovations(&on.levels())?;
        let seen = Arc::clone(on.problem.observation());
        let exact = Exact::new(on.problem.denoiser(), seen, innovations);
        return Ok(Arc::new(exact.along(Arc::clone(gaussian.path()))));
    }
    Err(needs(Method::EXACT, "a denoiser", EXACT.needs.words()))
}

pub(crate) fn mmps<R: Real>(on: &Inference<R>, recipe: &Recipe, _: Option<&Strength>) -> Bound<R> {
    let solver = ConjugateGradients { iterations: recipe.count("iterations"), tolerance: MMPS_TOLERANCE };
    Ok(Arc::new(Mmps::new(on.problem.prior().clone(), Arc::clone(on.problem.observation()), solver)))
}

pub(crate) fn poly2<R: Real>(on: &Inference<R>, recipe: &Recipe, _: Option<&Strength>) -> Bound<R> {
    #[cfg(feature = "gaussian")]
    if let Some(gaussian) = on.problem.as_gaussian() {
        let seen = on.problem.observation();
        let quadratics = gaussian.quadratics(&on.levels(), seen)?;
        return Ok(Arc::new(Poly2::new(on.problem.prior().clone(), Arc::clone(seen), quadratics)));
    }
    let _ = on;
    Err(needs(recipe.method(), "a denoiser", POLY2.needs.words()))
}

pub(crate) fn tmpd<R: Real>(on: &Inference<R>, _: &Recipe, _: Option<&Strength>) -> Bound<R> {
    Ok(Arc::new(Tmpd::new(on.problem.prior().clone(), Arc::clone(on.problem.observation()))))
}

pub(crate) fn pigdm_score<R: Real>(on: &Inference<R>, _: &Recipe, _: Option<&Strength>) -> Bound<R> {
    Ok(Arc::new(PigdmScore::new(on.problem.denoiser(), Arc::clone(on.problem.observation()))))
}

pub(crate) fn jfps<R: Real>(on: &Inference<R>, recipe: &Recipe, _: Option<&Strength>) -> Bound<R> {
    #[cfg(feature = "gaussian")]
    if let Some(gaussian) = on.problem.as_gaussian() {
        let innovations = gaussian.innovations(&on.levels())?;
        let covariance = Arc::clone(gaussian.wiener().prior_covariance());
        let seen = Arc::clone(on.problem.observation());
        return Ok(Arc::new(Jfps::new(on.problem.denoiser(), seen, covariance, innovations)?));
    }
    let _ = on;
    Err(needs(recipe.method(), "a denoiser", JFPS.needs.words()))
}

pub(crate) fn diffpir<R: Real>(on: &Inference<R>, recipe: &Recipe, _: Option<&Strength>) -> Bound<R> {
    let diffpir = DiffPir::new(on.problem.denoiser(), Arc::clone(on.problem.observation()));
    Ok(Arc::new(diffpir.with_lambda(recipe.real("lambda"))))
}

fn needs(method: Method, found: &'static str, expected: &'static str) -> SolverError {
    SolverError::Needs { method: method.name(), found, expected }
}
