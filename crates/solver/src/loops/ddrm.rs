//! Denoising diffusion restoration models (Kawar et al. 2022, arXiv 2201.11793).

use super::directions::{Directions, Rule, spec};
use super::walk::Walk;
use crate::Spec;
use equipoise_field::Real;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec =
    spec(["ddrm", "a step per singular direction of A", "Kawar et al. 2022, arXiv 2201.11793"]);

/// A step per singular direction of A = U S Vᵀ, in x̃ = x/μ with ρ = σ/μ, ȳ = S⁻¹Uᵀy and δ = s/S:
///
/// > unseen: x̃′ = x̂ + √(1−η²) ρ′(x̃ − x̂)/ρ + ηρ′z,
/// > ρ′ < δ: x̃′ = x̂ + √(1−η²) ρ′(ȳ − x̂)/δ + ηρ′z,
/// > ρ′ ≥ δ: x̃′ = ȳ + √(ρ′² − δ²) z,
///
/// the last with the paper's η_b = 1. z is one draw in the basis V. The start is that of every method,
/// not the paper's, which puts ȳ into it. Without noise A x is μ(0)y + σ(0)Az at the end. Step i takes
/// draw i; one evaluation a step.
pub(crate) struct Ddrm;

impl<R: Real> Rule<R> for Ddrm {
    const NAME: &'static str = SPEC.name;

    fn advance(of: &Directions<R, Self>, walk: &mut Walk<'_, R>, now: Level, then: Level) {
        let (rest, rho) = ((1.0 - of.eta * of.eta).sqrt(), then.ratio());
        let mut seen = of.singular.analyse(&walk.x_hat, &mut walk.residual);
        let z = of.singular.analyse(&walk.z, &mut walk.residual);
        for (i, c) in seen.iter_mut().enumerate() {
            let (y, delta) = (of.singular.values[i], of.deviations[i]);
            *c = if rho < delta {
                *c + rest * rho * (y - *c) / delta + of.eta * rho * z[i]
            } else {
                y + (rho * rho - delta * delta).sqrt() * z[i]
            };
        }
        of.singular.step(walk, now, then, [rest * rho / now.ratio(), of.eta * rho], &seen);
    }
}
