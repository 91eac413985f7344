//! Denoising diffusion null-space model, DDNM+ (Wang et al. 2023, arXiv 2212.00490).

use super::directions::{Directions, Rule, spec};
use super::walk::Walk;
use crate::Spec;
use equipoise_field::Real;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec =
    spec(["ddnm", "x̂ replaced by y where A sees it", "Wang et al. 2023, arXiv 2212.00490"]);

/// The estimate with its observed part moved to y, then a DDIM step, in x̃ = x/μ with ρ = σ/μ and
/// a = √(1−η²)ρ′/ρ:
///
/// > x̂_y = x̂ + λA⁺(y − A x̂), λ = min(1, ηρ′/((1−a)δ)),
/// > x̃′ = x̂_y + a(x̃ − x̂_y) + √(η²ρ′² − ((1−a)λδ)²) z in the directions that A sees, ηρ′z in the
/// > others,
///
/// per singular direction of A, with δ the deviation of A⁺y in it. The noise of y reaches x̃′ as (1−a)λδ:
/// λ keeps it below that of the step, ηρ′, and the kick makes up the rest, so that x̃′ given x̃ has the
/// variance η²ρ′² of the step without y. With η = 0 there is no room for noise: λ = 0, and only exact
/// observations are used. Published with η = 0.85. Time does not go back here. Without noise A x is μ(0)y at
/// the end of a schedule with σ(0) = 0. Step i takes draw i; one evaluation a step.
pub(crate) struct Ddnm;

impl<R: Real> Rule<R> for Ddnm {
    const NAME: &'static str = SPEC.name;

    fn advance(of: &Directions<R, Self>, walk: &mut Walk<'_, R>, now: Level, then: Level) {
        let rho = then.ratio();
        let (along, kick) = ((1.0 - of.eta * of.eta).sqrt() * rho / now.ratio(), of.eta * rho);
        let mut seen = of.singular.analyse(&walk.x_hat, &mut walk.residual);
        let z = of.singular.analyse(&walk.z, &mut walk.residual);
        let x = of.singular.analyse(&walk.x, &mut walk.residual);
        for (i, c) in seen.iter_mut().enumerate() {
            let (y, noise) = (of.singular.values[i], (1.0 - along) * of.deviations[i]);
            let (lambda, room) =
                if kick < noise { (kick / noise, 0.0) } else { (1.0, (kick * kick - noise * noise).sqrt()) };
            let moved = *c + lambda * (y - *c);
            *c = moved + along * (x[i] / now.mu - moved) + room * z[i];
        }
        of.singular.step(walk, now, then, [along, kick], &seen);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Annealing;
    use crate::{Member, Start};
    use equipoise_covariance::Modes;
    use equipoise_observation::NoiseVariance;
    use equipoise_observation::Observed;
    use equipoise_operator::Mask;
    use equipoise_schedule::{Alpha, Schedule, Sda, Variance};
    use equipoise_stream::Stream;
    use equipoise_wiener::Wiener;
    use std::sync::Arc;

    const TIMES: [f64; 2] = [0.6, 0.4];

    /// x̃′ after one step from a start of its own, on x ~ N(0.3, 2) observed as y.
    fn step(schedule: &Arc<Sda>, eta: f64, noise: f64, y: f64, draw: u64) -> f64 {
        let prior = Arc::new(Modes::new(1, vec![1.0], vec![2.0], None).unwrap());
        let operator = Arc::new(Mask::new(1, vec![0]).unwrap());
        let observation = Observed::shared(vec![y], operator, NoiseVariance::Uniform(noise * noise));
        let annealing = Annealing {
            denoiser: Arc::new(Wiener::new(vec![0.3], prior).unwrap()),
            observation: Arc::new(observation.unwrap()),
            schedule: Arc::clone(schedule) as Arc<dyn Schedule>,
            grid: TIMES.to_vec(),
            start: Start::Normal,
            bound: 20.0,
        };
        let member = Member { start: Stream::new("start"), langevin: langevin(draw) };
        let sampler = super::super::tests::problem::bound(annealing, &format!("ddnm:eta={eta}")).unwrap();
        sampler.sample(&member).unwrap().x()[0] / schedule.mu(TIMES[1])
    }

    fn langevin(draw: u64) -> Stream {
        Stream::new("langevin").number(draw)
    }

    /// Given x₀ the noise of x̃ and x̃′ has deviations ρ and ρ′ and correlation √(1−η²), so that x̃′ given x̃
    /// has the variance ρ′²(1 − (1−η²)). The step is linear in z and in the noise of y: their slopes are taken
    /// by differences, and together must have that variance, with as much of it from y as there is: all that
    /// y's own weight 1 − a allows, or else no kick.
    #[test]
    fn the_variance_of_a_step_is_that_without_y() {
        let schedule = Arc::new(Sda::new(Alpha::Cos, Variance::Vp, 0.01).unwrap());
        let [rho, next] = TIMES.map(|t| schedule.level(t).ratio());
        for eta in [0.0, 0.5, 0.85, 1.0f64] {
            for noise in [0.02, 0.3, 1.0, 20.0] {
                let z = |draw: u64| langevin(draw).normal::<f64>(0, 1)[0];
                let at = |y: f64, draw: u64| step(&schedule, eta, noise, y, draw);
                let of_z = (at(0.7, 1) - at(0.7, 2)) / (z(1) - z(2));
                let of_y = at(1.7, 1) - at(0.7, 1);
                let correlation = (1.0 - eta * eta).sqrt();
                let expected = next * next * (1.0 - correlation * correlation);
                let found = of_z * of_z + (of_y * noise).powi(2);
                assert!((found - expected).abs() < 1e-13 * next * next, "{eta} {noise}: {found} {expected}");
                let weight = 1.0 - correlation * next / rho;
                assert!(of_z.abs() < 1e-6 || (of_y - weight).abs() < 1e-13, "{eta} {noise}: {of_z} {of_y}");
            }
        }
    }
}
