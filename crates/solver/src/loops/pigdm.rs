//! Pseudoinverse-guided diffusion, ΠGDM (Song et al. 2023, ICLR).

use super::annealing::Step;
use super::batch::{Batch, scatter};
use super::{Annealing, ETAS, Loop};
use crate::{Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each};
use equipoise_guidance::{Evidence, Guidance, PigdmScore};
use equipoise_schedule::Level;
use std::sync::Arc;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::share(["eta", "η", "share of fresh noise in a step's variance"], 0.0, ETAS)],
    ..Spec::new(["pigdm", "pseudoinverse guidance of a DDIM step", "Song et al. 2023, ICLR"])
};

/// A DDIM step of the prior, to which the likelihood score g of [`PigdmScore`] is added with the weight r²:
///
/// > x′ = ddim(x, x̂) + μ′μ r²g, r² = σ²/(μ² + σ²), g = JᵀAᵀ(s²I + r²A Aᵀ)⁻¹(y − A x̂),
///
/// so that without noise r²g = JᵀA⁺(y − A x̂), the published vector–Jacobian product. The step is that of the
/// published code and of azula's `PGDMSampler`; both take η = 0, a deterministic step, where η multiplies the
/// variance of the fresh noise, as in [`Ddim`](equipoise_sampler::Ddim). The start is that of every method, not
/// the published one, which puts A⁺y into it. A nonlinear A is linearised at x̂. Step i takes draw i; one
/// evaluation and one vjp a step.
#[derive(Debug)]
pub(crate) struct Pigdm<R: Real> {
    score: PigdmScore<R>,
    eta: f64,
}

impl<R: Real> Loop<R> for Pigdm<R> {
    type Own = ();

    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        let score = PigdmScore::new(Arc::clone(&on.denoiser), Arc::clone(&on.observation));
        Ok(Self { score, eta: recipe.real("eta") })
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { index, t, next }: Step) -> Result<Level> {
        let (now, then) = (self.guide(batch, t)?, batch.level(next));
        let noise = now.sigma * now.sigma;
        let weight = R::narrow(then.mu * now.mu * noise / (now.mu * now.mu + noise));
        batch.each(|walk| {
            let deviation = walk.ddim_mean(now, then, self.eta);
            if deviation > 0.0 {
                walk.draw(index);
                walk.kick(deviation);
            }
            each::update1(&mut walk.x, &walk.field, |x, g| x + weight * g);
        });
        Ok(then)
    }
}

impl<R: Real> Pigdm<R> {
    /// x̂, and field ← g, of every member; returns the level at `t`.
    fn guide(&self, batch: &mut Batch<'_, R>, t: f64) -> Result<Level> {
        let (mut scratch, mut g) = (std::mem::take(&mut batch.scratch), Vec::new());
        let level = batch.linearised(t, |walks, at| {
            g.resize(at.x_t.len(), R::zero());
            let mut evidence = vec![Evidence::default(); walks.len()];
            self.score.gradients(at, &mut g, &mut evidence, &mut scratch)?;
            scatter(&g, walks, |walk| &mut walk.field);
            walks.iter_mut().zip(&evidence).for_each(|(walk, evidence)| walk.trace.witness(t, evidence));
            Ok(())
        })?;
        batch.scratch = scratch;
        Ok(level)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{
        NOISE, VALUES, annealing, bound, linear_beta, member, observed, operators, seen,
    };

    /// Without noise a run ends near y; with observations that weigh nothing it does not.
    #[test]
    fn exact_observations_are_approached() {
        for operator in operators() {
            let misfit = |noise: f64| {
                let base = annealing(observed(operator.clone(), noise), linear_beta(), 64);
                let x = bound(base, "pigdm").unwrap().sample(&member(1)).unwrap().x().to_vec();
                let of = |(found, y): (f64, f64)| (found - y).abs();
                seen(&*operator, &x).into_iter().zip(VALUES).map(of).fold(0.0, f64::max)
            };
            let (exact, loose) = (misfit(0.0), misfit(1e6 * NOISE));
            assert!(exact < 0.05 * loose, "{exact} {loose}");
        }
    }
}
