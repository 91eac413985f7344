//! Denoising diffusion null-space model, DDNM+ (Wang et al. 2023, arXiv 2212.00490).

use super::Annealing;
use super::annealing::{Step, share};
use super::singular::Singular;
use super::walk::Walk;
use crate::{Member, PosteriorSampler, SolverError};
use equipoise_field::{Real, each};
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;

/// The estimate with its observed part moved to y, then a DDIM step, in x̃ = x/μ with ρ = σ/μ:
///
/// > x̂_y = x̂ + λA⁺(y − A x̂), λ = min(1, ρ′/δ),
/// > x̃′ = x̂_y + √(1−η²)(ρ′/ρ)(x̃ − x̂_y) + η√(ρ′² − λ²δ²) z in the directions that A sees, ηρ′z
/// > in the others,
///
/// per singular direction of A, with δ the deviation of A⁺y in it. λ keeps the noise of y below that
/// of the step, whose own noise makes room for it. The published code, with the singular values at
/// hand, leaves out the second term in directions that A sees, which makes it [`Ddrm`](crate::Ddrm)
/// from another start; its η is 0.85 too. Time does not go back here. Without noise A x is μ(0)y at the
/// end of a schedule with σ(0) = 0. Step i takes draw i; one evaluation a step.
#[derive(Clone)]
pub struct Ddnm<R: Real> {
    annealing: Annealing<R>,
    singular: Singular<R>,
    deviations: Vec<f64>,
    eta: f64,
}

impl<R: Real> Ddnm<R> {
    /// The published η.
    pub const ETA: f64 = 0.85;

    /// With the published η. Where A Aᵀ is not diagonal it is decomposed, for N up to 2048 and one s².
    ///
    /// # Errors
    /// [`GuidanceError::Nonlinear`](equipoise_guidance::GuidanceError::Nonlinear),
    /// [`SolverError::Needs`] where A has no accessible singular values,
    /// [`SamplerError::Grid`](equipoise_sampler::SamplerError::Grid).
    pub fn new(annealing: Annealing<R>) -> Result<Self, SolverError> {
        let singular = Singular::new("ddnm", &annealing.observation)?;
        let deviations = singular.deviations("ddnm", annealing.observation.noise())?;
        Ok(Self { annealing: annealing.checked()?, singular, deviations, eta: Self::ETA })
    }

    /// With another η in [0, 1].
    ///
    /// # Errors
    /// [`SolverError::Parameter`].
    pub fn with_eta(mut self, eta: f64) -> Result<Self, SolverError> {
        self.eta = share("ddnm", "eta", eta)?;
        Ok(self)
    }

    fn step(&self, walk: &mut Walk<'_, R>, Step { index, t, next }: Step) -> Result<Level, SolverError> {
        let (now, then) = (walk.denoise(t)?, walk.level(next));
        walk.draw(index);
        let rho = then.ratio();
        let (along, kick) = ((1.0 - self.eta * self.eta).sqrt() * rho / now.ratio(), self.eta);
        let mut seen = self.singular.analyse(&walk.x_hat, &mut walk.residual);
        let z = self.singular.analyse(&walk.z, &mut walk.residual);
        let x = self.singular.analyse(&walk.x, &mut walk.residual);
        for (i, c) in seen.iter_mut().enumerate() {
            let (y, delta) = (self.singular.values[i], self.deviations[i]);
            let lambda = if rho < delta { rho / delta } else { 1.0 };
            let moved = *c + lambda * (y - *c);
            // At most ρ′², and as much where λ < 1.
            let room = (rho * rho - (lambda * delta).powi(2)).max(0.0);
            *c = moved + along * (x[i] / now.mu - moved) + kick * room.sqrt() * z[i];
        }
        let (inverse, along, kick) = (R::narrow(1.0 / now.mu), R::narrow(along), R::narrow(kick * rho));
        each::update2(&mut walk.x, &walk.x_hat, &walk.z, |x, h, z| h + along * (x * inverse - h) + kick * z);
        self.singular.replace(&seen, walk);
        let mu = R::narrow(then.mu);
        each::update(&mut walk.x, |x| mu * x);
        Ok(then)
    }
}

impl<R: Real> PosteriorSampler<R> for Ddnm<R> {
    fn sample(&self, member: &Member) -> Result<Outcome<R>, SolverError> {
        self.annealing.run(member, |walk, step| self.step(walk, step))
    }
}
