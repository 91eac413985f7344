//! Denoising diffusion restoration models (Kawar et al. 2022, arXiv 2201.11793).

use super::annealing::{Step, share};
use super::batch::Batch;
use super::singular::Singular;
use super::walk::Walk;
use super::{Annealing, ETAS};
use crate::{JacobianUse, Member, Parameter, PosteriorSampler, Recipe, SolverError, Spec};
use equipoise_field::{Real, each};
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::share(["eta", "η", "share of fresh noise in a step"], Ddrm::<f64>::ETA, ETAS)],
    linear: true,
    jacobian: JacobianUse::Nothing,
    ..Spec::new(["ddrm", "a step per singular direction of A", "Kawar et al. 2022, arXiv 2201.11793"])
};

pub(crate) fn bind<R: Real>(
    annealing: Annealing<R>,
    recipe: &Recipe,
) -> Result<Box<dyn PosteriorSampler<R>>, SolverError> {
    Ok(Box::new(Ddrm::new(annealing)?.with_eta(recipe.real("eta"))?))
}

/// A step per singular direction of A = U S Vᵀ, in x̃ = x/μ with ρ = σ/μ, ȳ = S⁻¹Uᵀy and δ = s/S:
///
/// > unseen: x̃′ = x̂ + √(1−η²) ρ′(x̃ − x̂)/ρ + ηρ′z,
/// > ρ′ < δ: x̃′ = x̂ + √(1−η²) ρ′(ȳ − x̂)/δ + ηρ′z,
/// > ρ′ ≥ δ: x̃′ = ȳ + √(ρ′² − δ²) z,
///
/// the last with the paper's η_b = 1. z is one draw in the basis V. The start is that of every method,
/// not the paper's, which puts ȳ into it. Without noise A x is μ(0)y + σ(0)Az at the end. Step i takes
/// draw i; one evaluation a step.
#[derive(Clone, Debug)]
pub struct Ddrm<R: Real> {
    annealing: Annealing<R>,
    singular: Singular<R>,
    deviations: Vec<f64>,
    eta: f64,
}

impl<R: Real> Ddrm<R> {
    /// The published η.
    pub const ETA: f64 = 0.85;

    /// With the published η. Where A Aᵀ is not diagonal it is decomposed, for N up to 2048 and one s².
    ///
    /// # Errors
    /// [`ObservationError::Nonlinear`](equipoise_observation::ObservationError::Nonlinear),
    /// [`SolverError::Needs`] where A has no accessible singular values,
    /// [`SamplerError::Grid`](equipoise_sampler::SamplerError::Grid).
    pub fn new(annealing: Annealing<R>) -> Result<Self, SolverError> {
        let singular = Singular::new("ddrm", &annealing.observation)?;
        let deviations = singular.deviations("ddrm", annealing.observation.noise())?;
        Ok(Self { annealing: annealing.checked()?, singular, deviations, eta: Self::ETA })
    }

    /// With another η in [0, 1].
    ///
    /// # Errors
    /// [`SolverError::Parameter`].
    pub fn with_eta(mut self, eta: f64) -> Result<Self, SolverError> {
        self.eta = share("ddrm", "eta", eta)?;
        Ok(self)
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { index, t, next }: Step) -> Result<Level, SolverError> {
        let (now, then) = (batch.denoise(t)?, batch.level(next));
        batch.each(|walk| {
            walk.draw(index);
            self.advance(walk, now, then);
        });
        Ok(then)
    }

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
        let (inverse, along, kick) =
            (R::narrow(1.0 / now.mu), R::narrow(rest * rho / now.ratio()), R::narrow(self.eta * rho));
        each::update2(&mut walk.x, &walk.x_hat, &walk.z, |x, h, z| h + along * (x * inverse - h) + kick * z);
        self.singular.replace(&seen, walk);
        let mu = R::narrow(then.mu);
        each::update(&mut walk.x, |x| mu * x);
    }
}

impl<R: Real> Ddrm<R> {
    /// The runs of a batch.
    fn runs(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        self.annealing.run(members, || (), |batch, step| self.step(batch, step))
    }
}

drawn_apart!(Ddrm);
