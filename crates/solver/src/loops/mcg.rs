//! Manifold constrained gradients (Chung et al. 2022, arXiv 2206.00941).

use super::annealing::Step;
use super::batch::Batch;
use super::singular::Singular;
use super::{Annealing, Loop, ZETAS, dps};
use crate::{Parameter, Recipe, Result, Spec};
use equipoise_field::Real;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(["zeta", "ζ", "length of the step along −∇‖r‖"], 1.0, ZETAS)],
    linear: true,
    ..Spec::new(["mcg", "DPS, then A x replaced by noisy y", "Chung et al. 2022, arXiv 2206.00941"])
};

/// A step of [`Dps`](dps::Dps), then the observed part replaced by the diffused observation:
///
/// > x′ ← (I − A⁺A) x′ + A⁺(μ′y + σ′z).
///
/// A⁺ is entry by entry where A Aᵀ is diagonal, else by its eigenvectors. y is taken as exact,
/// whatever s². Step i takes draws 2i, for the ancestral step, and 2i + 1, of length N,
/// for y; one evaluation and one vjp a step.
#[derive(Debug)]
pub(crate) struct Mcg<R: Real> {
    singular: Singular<R>,
    zeta: f64,
}

impl<R: Real> Loop<R> for Mcg<R> {
    type Own = ();

    /// Where A Aᵀ is not diagonal it is decomposed, for N up to 2048.
    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        Ok(Self { singular: Singular::new("mcg", &on.observation)?, zeta: recipe.real("zeta") })
    }

    fn step(&self, batch: &mut Batch<'_, R>, step: Step) -> Result<Level> {
        let then = dps::step(batch, step, self.zeta, 2 * step.index)?;
        batch.each(|walk| {
            walk.draw_observed(2 * step.index + 1);
            let noise = self.singular.turn(&walk.observed);
            let diffused = self.singular.values.iter().zip(noise).map(|(y, z)| then.mu * y + then.sigma * z);
            self.singular.replace(&diffused.collect::<Vec<_>>(), walk);
        });
        Ok(then)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{
        NOISE, VALUES, annealing, bound, linear_beta, member, observed, operators, sda, seen,
    };

    /// A x = μ(0)y + σ(0)z at the end, z the last draw, for diagonal and dense A Aᵀ.
    #[test]
    fn the_observed_part_is_the_diffused_observation() {
        const STEPS: usize = 8;
        for operator in operators() {
            for schedule in [sda(), linear_beta()] {
                let last = schedule.level(0.0);
                let mcg =
                    bound(annealing(observed(operator.clone(), NOISE), schedule, STEPS), "mcg").unwrap();
                let outcome = mcg.sample(&member(3)).unwrap();
                let z: Vec<f64> = member(3).langevin.normal(2 * STEPS as u64 - 1, 3);
                for (k, found) in seen(&*operator, outcome.x()).into_iter().enumerate() {
                    let expected = last.mu * VALUES[k] + last.sigma * z[k];
                    // The condition of A Aᵀ, below 100, times a few dozen roundings.
                    assert!((found - expected).abs() < 1e4 * f64::EPSILON, "{found} {expected}");
                }
            }
        }
    }
}
