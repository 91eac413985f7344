//! Manifold constrained gradients (Chung et al. 2022, arXiv 2206.00941).

use super::ZETAS;
use super::annealing::{Step, positive};
use super::batch::Batch;
use super::singular::Singular;
use super::{Annealing, dps};
use crate::{Member, Parameter, PosteriorSampler, Recipe, SolverError, Spec};
use equipoise_field::Real;
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(
        ["zeta", "ζ", "length of the step along −∇‖r‖"],
        Mcg::<f64>::ZETA,
        ZETAS,
    )],
    linear: true,
    ..Spec::new(["mcg", "DPS, then A x replaced by noisy y", "Chung et al. 2022, arXiv 2206.00941"])
};

pub(crate) fn bind<R: Real>(
    annealing: Annealing<R>,
    recipe: &Recipe,
) -> Result<Box<dyn PosteriorSampler<R>>, SolverError> {
    Ok(Box::new(Mcg::new(annealing)?.with_zeta(recipe.real("zeta"))?))
}

/// A step of [`Dps`](crate::Dps), then the observed part replaced by the diffused observation:
///
/// > x′ ← (I − A⁺A) x′ + A⁺(μ′y + σ′z).
///
/// A⁺ is entry by entry where A Aᵀ is diagonal, else by its eigenvectors. y is taken as exact,
/// whatever s². Step i takes draws 2i, for the ancestral step, and 2i + 1, of length N,
/// for y; one evaluation and one vjp a step.
#[derive(Clone, Debug)]
pub struct Mcg<R: Real> {
    annealing: Annealing<R>,
    singular: Singular<R>,
    zeta: f64,
}

impl<R: Real> Mcg<R> {
    /// The published ζ.
    pub const ZETA: f64 = 1.0;

    /// With the published ζ. Where A Aᵀ is not diagonal it is decomposed, for N up to 2048.
    ///
    /// # Errors
    /// [`ObservationError::Nonlinear`](equipoise_observation::ObservationError::Nonlinear),
    /// [`SolverError::Needs`] where A has no accessible singular values,
    /// [`SamplerError::Grid`](equipoise_sampler::SamplerError::Grid).
    pub fn new(annealing: Annealing<R>) -> Result<Self, SolverError> {
        let singular = Singular::new("mcg", &annealing.observation)?;
        Ok(Self { annealing: annealing.checked()?, singular, zeta: Self::ZETA })
    }

    /// With another ζ > 0.
    ///
    /// # Errors
    /// [`SolverError::Parameter`].
    pub fn with_zeta(mut self, zeta: f64) -> Result<Self, SolverError> {
        self.zeta = positive("mcg", "zeta", zeta)?;
        Ok(self)
    }

    fn step(&self, batch: &mut Batch<'_, R>, step: Step) -> Result<Level, SolverError> {
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

impl<R: Real> Mcg<R> {
    /// The runs of a batch.
    fn runs(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        self.annealing.run(members, || (), |batch, step| self.step(batch, step))
    }
}

drawn_apart!(Mcg);

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{
        NOISE, VALUES, annealing, linear_beta, member, observed, operators, sda, seen,
    };
    use super::*;

    /// A x = μ(0)y + σ(0)z at the end, z the last draw, for diagonal and dense A Aᵀ.
    #[test]
    fn the_observed_part_is_the_diffused_observation() {
        const STEPS: usize = 8;
        for operator in operators() {
            for schedule in [sda(), linear_beta()] {
                let last = schedule.level(0.0);
                let mcg = Mcg::new(annealing(observed(operator.clone(), NOISE), schedule, STEPS)).unwrap();
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
