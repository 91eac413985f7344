//! Decoupled annealing posterior sampling (Zhang et al. 2025, arXiv 2407.01521).

use super::annealing::Step;
use super::batch::Batch;
use super::normal::Normal;
use super::walk::Walk;
use super::{Annealing, Loop};
use crate::{JacobianUse, Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each};
use equipoise_operator::LinearOperator;
use equipoise_schedule::Level;

const FLOW_STEPS: [&str; 3] = ["flow_steps", "n", "Euler steps of the flow to x̂₀"];

pub(crate) const SPEC: Spec = Spec {
    parameters: &[
        Parameter::positive(
            ["rate", "η₀", "size of the first Langevin steps"],
            1e-4,
            &[1e-5, 3e-5, 1e-4, 3e-4, 1e-3],
        ),
        Parameter::count(["steps", "N", "Langevin steps in each step of the annealing"], 100, &[]),
        Parameter::positive(["decay", "δ", "what is left of the rate at the last time"], 0.01, &[]),
        Parameter::count(FLOW_STEPS, 5, &[]),
    ],
    jacobian: JacobianUse::Nothing,
    ..Spec::new([
        "daps",
        "decoupled annealing, x drawn by Langevin steps",
        "Zhang et al. 2025, arXiv 2407.01521",
    ])
};

pub(crate) const EXACT_SPEC: Spec = Spec {
    parameters: &[Parameter::count(FLOW_STEPS, 5, &[1, 2, 3, 5, 10])],
    linear: true,
    jacobian: JacobianUse::Nothing,
    ..Spec::new(["daps_exact", "decoupled annealing, x drawn exactly", "Zhang et al. 2025, arXiv 2407.01521"])
};

/// What a nonlinear A is refused to.
const EXACT: &str = "daps with exact draws";

/// How x is drawn from ‖y − A(x)‖²/(2s²) + ‖x − x̂₀‖²/(2ρ²).
#[derive(Clone, Copy, Debug, PartialEq)]
enum Inner {
    /// Unadjusted Langevin steps from x̂₀; A may be nonlinear. Stable while the step size is below
    /// 2/(‖A′‖²/s² + 1/ρ²).
    Langevin {
        /// Steps.
        steps: usize,
        /// The step size at the first time.
        rate: f64,
        /// The share of it that is left at the last, reached linearly in the step's number.
        decay: f64,
    },
    /// The exact draw for a linear A: p + ρ²Aᵀ(s²I + ρ²A Aᵀ)⁻¹(y − sη − A p), p = x̂₀ + ρz.
    Exact,
}

/// Annealed Gibbs steps between x and its noisy version, in x̃ = x/μ with ρ = σ/μ:
///
/// > x̂₀ from x̃ by the probability flow, x from ‖y − A(x)‖²/(2s²) + ‖x − x̂₀‖²/(2ρ²), x̃′ = x + ρ′z.
///
/// The flow takes `flow_steps` Euler steps over even times t(1 − j/n), the last of them to ρ = 0, so
/// that one step is x̂ itself. N(x̂₀, ρ²I) stands for p(x given x_t): for a Gaussian prior and small ρ
/// that is right to first order with one step, x̂₀ being the conditional mean, whereas the end of the
/// exact flow moves half as far, as under a prior of twice the covariance.
///
/// [`Inner::Langevin`] takes draws i·(steps + 1) + j in step i and the last of them for x̃′,
/// [`Inner::Exact`] draws 3i, for z, 3i + 1, of length N, for η, and 3i + 2. `flow_steps` evaluations a
/// step, no vjp. The last x̃′ has the noise of the grid's last level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Daps {
    flow_steps: usize,
    inner: Inner,
}

impl<R: Real> Loop<R> for Daps {
    type Own = ();

    /// A recipe without a rate is that of exact draws.
    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        on.needs_noise("daps")?;
        let inner = match recipe.value("rate") {
            Some(_) => Inner::Langevin {
                steps: recipe.count("steps"),
                rate: recipe.real("rate"),
                decay: recipe.real("decay"),
            },
            None => on.observation.linear(EXACT).map(|_| Inner::Exact)?,
        };
        Ok(Self { flow_steps: recipe.count("flow_steps"), inner })
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { index, t, next }: Step) -> Result<Level> {
        let rho = self.flow(batch, t)?.ratio();
        let last = match self.inner {
            Inner::Exact => {
                let operator = batch.annealing.observation.linear(EXACT)?;
                batch.each(|walk| self.exact(walk, &**operator, rho, 3 * index));
                3 * index + 2
            }
            Inner::Langevin { steps, rate, decay } => {
                let done = index as f64 / (batch.annealing.grid.len() - 1) as f64;
                let first = index * (steps + 1);
                let rate = rate * (1.0 + done * (decay - 1.0));
                batch.each(|walk| self.langevin(walk, rho * rho, steps, rate, first));
                first + steps
            }
        };
        let then = batch.level(next);
        let mu = R::narrow(then.mu);
        batch.each(|walk| {
            each::update(&mut walk.x, |x| mu * x);
            walk.draw(last);
            walk.kick(then.sigma);
        });
        Ok(then)
    }
}

impl Daps {
    /// x ← x̂₀ from x at `t`; returns the level at `t`.
    fn flow<R: Real>(&self, batch: &mut Batch<'_, R>, t: f64) -> Result<Level> {
        let level = batch.denoise(t)?;
        let mut now = level;
        for j in 1..self.flow_steps {
            let next = t * (1.0 - j as f64 / self.flow_steps as f64);
            let then = batch.level(next);
            batch.each(|walk| {
                walk.ddim_mean(now, then, 0.0);
            });
            now = batch.denoise(next)?;
        }
        batch.each(|walk| walk.x.copy_from_slice(&walk.x_hat));
        Ok(level)
    }

    /// x from x̂₀, by Langevin steps of size `rate` with draws from `first` on.
    fn langevin<R: Real>(
        &self,
        walk: &mut Walk<'_, R>,
        variance: f64,
        steps: usize,
        rate: f64,
        first: usize,
    ) {
        let observation = walk.observation;
        let (drift, kick) = (R::narrow(rate), (2.0 * rate).sqrt());
        let precision = R::narrow(1.0 / variance);
        for j in 0..steps {
            observation.residual(&walk.x, &mut walk.residual);
            for (i, r) in walk.residual.iter_mut().enumerate() {
                *r = R::narrow(r.wide() / observation.noise().at(i));
            }
            observation.pull_back(&walk.x, &walk.residual, &mut walk.field);
            each::update2(&mut walk.x, &walk.field, &walk.x_hat, |x, g, h| {
                x + drift * (g + precision * (h - x))
            });
            walk.draw(first + j);
            walk.kick(kick);
        }
    }

    /// x from x̂₀, exactly.
    fn exact<R: Real>(
        &self,
        walk: &mut Walk<'_, R>,
        operator: &dyn LinearOperator<R>,
        rho: f64,
        first: usize,
    ) {
        let observation = walk.observation;
        walk.draw(first);
        walk.kick(rho);
        walk.draw_observed(first + 1);
        observation.residual(&walk.x, &mut walk.residual);
        for (i, (r, z)) in walk.residual.iter_mut().zip(&walk.observed).enumerate() {
            *r = R::narrow(r.wide() - observation.noise().at(i).sqrt() * z.wide());
        }
        let normal = Normal { operator, noise: observation.noise(), gain: rho * rho };
        let descent = normal.correct(&mut walk.residual, &mut walk.x, &mut walk.field);
        walk.account(descent);
    }
}

#[cfg(test)]
mod tests;
