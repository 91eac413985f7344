//! Diffusion with a spherical Gaussian constraint (Yang et al. 2024, arXiv 2402.03201).

use super::annealing::Step;
use super::batch::Batch;
use super::walk::Walk;
use super::{Annealing, Loop};
use crate::{Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each, sum};
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::share(
        ["weight", "g_r", "share of the step that the misfit's gradient turns"],
        1.0,
        &[0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.0],
    )],
    ..Spec::new(["dsg", "a step of fixed length towards the data", "Yang et al. 2024, arXiv 2402.03201"])
};

/// The ancestral step with its noise turned towards a smaller misfit and held to its typical length
/// √D σ̃, where σ̃ = σ′√τ is the step's standard deviation and not the noise scale of the schedule:
///
/// > d* = −√D σ̃ ∇‖r‖/‖∇‖r‖‖, d = σ̃z + w(d* − σ̃z), x′ = mean + √D σ̃ d/‖d‖.
///
/// w = 1 is the closed form of the constrained step, which no longer depends on z, and the default of
/// the published code; the paper's experiments take smaller w by task, which keep a part of z. Where
/// ∇‖r‖ = 0 the step is the ancestral one. A may be nonlinear. Step i takes draw i; one evaluation and
/// one vjp a step.
#[derive(Debug)]
pub(crate) struct Dsg {
    weight: f64,
}

impl<R: Real> Loop<R> for Dsg {
    type Own = ();

    fn of(_: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        Ok(Self { weight: recipe.real("weight") })
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { index, t, next }: Step) -> Result<Level> {
        let (now, then) = (batch.misfit_gradients(t)?, batch.level(next));
        batch.each(|walk| {
            let deviation = walk.ddim_mean(now, then, 1.0);
            walk.draw(index);
            self.kick(walk, deviation);
        });
        Ok(then)
    }
}

impl Dsg {
    /// x ← x + √D σ̃ d/‖d‖ from the mean, z and the misfit's gradient.
    fn kick<R: Real>(&self, walk: &mut Walk<'_, R>, deviation: f64) {
        let gradient = walk.trace.guidance_norm;
        let radius = (walk.x.len() as f64).sqrt();
        if gradient == 0.0 {
            return walk.kick(deviation);
        }
        let (of_z, of_gradient) = (R::narrow(1.0 - self.weight), R::narrow(-self.weight * radius / gradient));
        each::update1(&mut walk.z, &walk.field, |z, g| of_z * z + of_gradient * g);
        walk.kick(deviation * radius / sum::norm(&walk.z));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::problem::{DIM, NOISE, annealing, bound, mask, member, observed, sda};
    use super::*;

    /// One step from the ancestral mean has length √D σ̃ whatever w, is along z at w = 0 and along
    /// −∇‖r‖ at w = 1.
    #[test]
    fn the_step_has_a_fixed_length() {
        let mut base = annealing(observed(mask(), NOISE), sda(), 4);
        base.grid = vec![0.6, 0.4];
        let first = base.schedule.level(0.6);
        let start = base.start.draw(DIM, first, member(0).start);
        let mut batch = Batch::of(&base, vec![Walk::new(&base, start, member(0).langevin, ())]);
        let now = batch.misfit_gradients(0.6).unwrap();
        let walk = batch.only();
        walk.draw(0);
        let deviation = walk.ddim_mean(now, base.schedule.level(0.4), 1.0);
        let cosine = |a: &[f64], b: &[f64]| sum::dot(a, b) / (sum::norm(a) * sum::norm(b));
        let rounding = 32.0 * f64::EPSILON;
        for weight in [0.0, 0.3, 1.0] {
            let dsg = bound(base.clone(), &format!("dsg:weight={weight}")).unwrap();
            let outcome = dsg.sample(&member(0)).unwrap();
            let step: Vec<f64> = outcome.x().iter().zip(&walk.x).map(|(x, mean)| x - mean).collect();
            let length = sum::norm(&step) / (deviation * (DIM as f64).sqrt());
            assert!((length - 1.0).abs() < rounding, "w = {weight}: {length}");
            let (along_z, along) = (cosine(&step, &walk.z), -cosine(&step, &walk.field));
            assert!(weight > 0.0 || (along_z - 1.0).abs() < rounding, "{along_z}");
            assert!(weight < 1.0 || (along - 1.0).abs() < rounding, "{along}");
        }
    }
}
