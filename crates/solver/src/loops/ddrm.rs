//! Denoising diffusion restoration models (Kawar et al. 2022, arXiv 2201.11793).

use super::annealing::Step;
use super::batch::Batch;
use super::singular::Singular;
use super::walk::Walk;
use super::{Annealing, ETAS, Loop};
use crate::{JacobianUse, Parameter, Recipe, Result, Spec};
use equipoise_field::Real;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::share(["eta", "η", "share of fresh noise in a step"], 0.85, ETAS)],
    linear: true,
    jacobian: JacobianUse::Nothing,
    ..Spec::new(["ddrm", "a step per singular direction of A", "Kawar et al. 2022, arXiv 2201.11793"])
};

/// A step per singular direction of A = U S Vᵀ, in x̃ = x/μ with ρ = σ/μ, ȳ = S⁻¹Uᵀy and δ = s/S:
///
/// > unseen: x̃′ = x̂ + √(1−η²) ρ′(x̃ − x̂)/ρ + ηρ′z,
/// > ρ′ < δ: x̃′ = x̂ + √(1−η²) ρ′(ȳ − x̂)/δ + ηρ′z,
/// > ρ′ ≥ δ: x̃′ = ȳ + √(ρ′² − δ²) z,
///
/// the last with the paper's η_b = 1. z is one draw in the basis V. The start is that of every method,
/// not the paper's, which puts ȳ into it. Without noise A x is μ(0)y + σ(0)Az at the end. Step i takes
/// draw i; one evaluation a step.
#[derive(Debug)]
pub(crate) struct Ddrm<R: Real> {
    singular: Singular<R>,
    deviations: Vec<f64>,
    eta: f64,
}

impl<R: Real> Loop<R> for Ddrm<R> {
    type Own = ();

    /// Where A Aᵀ is not diagonal it is decomposed, for N up to 2048 and one s².
    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        let singular = Singular::new("ddrm", &on.observation)?;
        let deviations = singular.deviations("ddrm", on.observation.noise())?;
        Ok(Self { singular, deviations, eta: recipe.real("eta") })
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { index, t, next }: Step) -> Result<Level> {
        let (now, then) = (batch.denoise(t)?, batch.level(next));
        batch.each(|walk| {
            walk.draw(index);
            self.advance(walk, now, then);
        });
        Ok(then)
    }
}

impl<R: Real> Ddrm<R> {
    /// One member's step from its x̂ and z.
    fn advance(&self, walk: &mut Walk<'_, R>, now: Level, then: Level) {
        let (rest, rho) = ((1.0 - self.eta * self.eta).sqrt(), then.ratio());
        let mut seen = self.singular.analyse(&walk.x_hat, &mut walk.residual);
        let z = self.singular.analyse(&walk.z, &mut walk.residual);
        for (i, c) in seen.iter_mut().enumerate() {
            let (y, delta) = (self.singular.values[i], self.deviations[i]);
            *c = if rho < delta {
                *c + rest * rho * (y - *c) / delta + self.eta * rho * z[i]
            } else {
                y + (rho * rho - delta * delta).sqrt() * z[i]
            };
        }
        self.singular.step(walk, now, then, [rest * rho / now.ratio(), self.eta * rho], &seen);
    }
}
