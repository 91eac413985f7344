//! Diffusion posterior sampling (Chung et al. 2023, arXiv 2209.14687).

use super::annealing::Step;
use super::batch::Batch;
use super::{Annealing, Loop, ZETAS};
use crate::{Parameter, Recipe, Result, Spec};
use equipoise_field::{Real, each};
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(["zeta", "ζ", "length of the step along −∇‖r‖"], 1.0, ZETAS)],
    ..Spec::new([
        "dps",
        "ancestral step, then a step along the misfit's gradient",
        "Chung et al. 2023, arXiv 2209.14687",
    ])
};

/// The ancestral step, then a step of the gradient of the misfit's norm:
///
/// > x′ = ancestral(x, x̂) − ζ ∇_{x_t}‖y − A(x̂(x_t))‖.
///
/// The paper's step on ‖r‖² divided by ‖r‖ is this up to a factor two, which its published code leaves
/// out; ζ = 1 is of that code. A may be nonlinear. Step i takes draw i; one evaluation and one vjp a
/// step.
#[derive(Debug)]
pub(crate) struct Dps {
    zeta: f64,
}

impl<R: Real> Loop<R> for Dps {
    type Own = ();

    fn of(_: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        Ok(Self { zeta: recipe.real("zeta") })
    }

    fn step(&self, batch: &mut Batch<'_, R>, at: Step) -> Result<Level> {
        step(batch, at, self.zeta, at.index)
    }
}

/// One step of DPS, with draw `draw`.
pub(super) fn step<R: Real>(batch: &mut Batch<'_, R>, step: Step, zeta: f64, draw: usize) -> Result<Level> {
    let (now, then) = (batch.misfit_gradients(step.t)?, batch.level(step.next));
    let zeta = R::narrow(zeta);
    batch.each(|walk| {
        let deviation = walk.ddim_mean(now, then, 1.0);
        walk.draw(draw);
        walk.kick(deviation);
        each::update1(&mut walk.x, &walk.field, |x, g| x - zeta * g);
    });
    Ok(then)
}
