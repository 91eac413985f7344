//! Plug-and-play ADMM (Venkatakrishnan et al. 2013; Chan et al. 2017, arXiv 1605.01710).

use super::annealing::Step;
use super::batch::Batch;
use super::normal::Normal;
use super::walk::{CLEAN, Walk};
use super::{Annealing, Loop};
use crate::{JacobianUse, Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each};
use equipoise_operator::LinearOperator;
use equipoise_schedule::Level;
use std::sync::Arc;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(
        ["lambda", "λ", "weight of the denoiser"],
        0.23,
        &[0.01, 0.03, 0.1, 0.23, 0.5, 1.0, 3.0],
    )],
    linear: true,
    point_estimate: true,
    jacobian: JacobianUse::Nothing,
    caveat: Some(
        "x̂ of this prior need be no proximal map, which takes a symmetric J with eigenvalues from 0 to 1: no \
         function need be least where the iteration ends",
    ),
    ..Spec::new([
        "pnp_admm",
        "a point estimate by alternating directions",
        "Venkatakrishnan et al. 2013; Chan et al. 2017, arXiv 1605.01710",
    ])
};

/// A point estimate by alternating directions, from v = w = 0:
///
/// > u = argmin ‖y − A u‖²/(2s²) + ‖u − (v − w)‖²/(2γ), γ = ρ²/λ,
/// > v ← x̂ of u + w at noise ρ, w ← w + u − v,
///
/// along the falling ρ = σ/μ of the grid; v is returned. A denoiser that is a proximal map makes v
/// minimise ‖y − A v‖²/(2s²) + λφ(v); for the Wiener denoiser φ = ‖v − m‖²_{Σ⁻¹}/2, so that λ = 1 is
/// the posterior mean. λ = 0.23 is that of Zhang et al. 2021 (arXiv 2008.13751), whose coupling of γ to
/// ρ this is. When γ falls, w falls with it, since w/γ is the multiplier (Boyd et al. 2011, section
/// 3.4.1). The minimisation is in closed form where A Aᵀ is diagonal, else by conjugate gradients to
/// 1e-10. Nothing is drawn: all members are the same. One evaluation a step.
#[derive(Debug)]
pub(crate) struct PnpAdmm<R: Real> {
    operator: Arc<dyn LinearOperator<R>>,
    lambda: f64,
}

/// v is the state of the walk.
#[derive(Default)]
pub(crate) struct Splitting<R> {
    u: Vec<R>,
    w: Vec<R>,
    gamma: f64,
}

impl<R: Real> Loop<R> for PnpAdmm<R> {
    type Own = Splitting<R>;

    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        let operator = Arc::clone(on.observation.linear("pnp_admm")?);
        on.needs_noise("pnp_admm")?;
        Ok(Self { operator, lambda: recipe.real("lambda") })
    }

    fn own(&self, on: &Annealing<R>) -> Splitting<R> {
        let field = || vec![R::zero(); on.dim()];
        Splitting { u: field(), w: field(), gamma: 1.0 }
    }

    fn step(&self, batch: &mut Batch<'_, R, Splitting<R>>, Step { index, t, .. }: Step) -> Result<Level> {
        let level = batch.level(t);
        batch.each(|walk| self.fit(walk, index, level));
        batch.denoise(t)?;
        batch.each(|walk| {
            let split = &mut walk.own;
            each::update2(&mut split.w, &split.u, &walk.x_hat, |w, u, v| w + u - v);
            walk.x.copy_from_slice(&walk.x_hat);
        });
        Ok(CLEAN)
    }
}

impl<R: Real> PnpAdmm<R> {
    /// u, and x ← μ(u + w), which x̂ is taken of.
    fn fit(&self, walk: &mut Walk<'_, R, Splitting<R>>, index: usize, level: Level) {
        let (split, observation) = (&mut walk.own, walk.observation);
        let gamma = level.ratio().powi(2) / self.lambda;
        let fall = R::narrow(gamma / split.gamma);
        match index {
            0 => walk.x.fill(R::zero()),
            _ => each::update(&mut split.w, |w| fall * w),
        }
        split.gamma = gamma;
        each::map2(&mut split.u, &walk.x, &split.w, |v, w| v - w);
        observation.residual(&split.u, &mut walk.residual);
        let normal = Normal { operator: &*self.operator, noise: observation.noise(), gain: gamma };
        let descent = normal.correct(&mut walk.residual, &mut split.u, &mut walk.field);
        let mu = R::narrow(level.mu);
        each::map2(&mut walk.x, &split.u, &split.w, |u, w| mu * (u + w));
        walk.account(descent);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{
        Constant, EIGENVALUES, NOISE, annealing, bound, member, observed, operators, posterior_mean,
    };
    use super::*;
    use equipoise_field::sum;

    /// At a fixed ρ the iteration ends where ‖y − A v‖²/(2s²) + λ‖v − m‖²_{Σ⁻¹}/2 is least, whatever ρ:
    /// at the posterior mean of the prior N(m, Σ/λ).
    #[test]
    fn the_fixed_point_is_the_minimiser() {
        for operator in operators() {
            for (lambda, sigma) in [(1.0, 0.5), (1.0, 1.0), (0.23, 0.5)] {
                let schedule = Arc::new(Constant(Level { mu: 0.8, sigma }));
                let base = annealing(observed(operator.clone(), NOISE), schedule, 800);
                let admm = bound(base, &format!("pnp_admm:lambda={lambda}")).unwrap();
                let outcome = admm.sample(&member(0)).unwrap();
                let expected = posterior_mean(EIGENVALUES.map(|l| l / lambda), operator.clone());
                let error = sum::squared_distance(outcome.x(), &expected).sqrt();
                // The multiplier that conjugate gradients carry errs by their 1e-10 in 800 steps; the
                // iteration itself has come down to rounding.
                assert!(error < 1e-8, "λ = {lambda}, σ = {sigma}: {error:e}");
            }
        }
    }
}
