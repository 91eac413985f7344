//! Diffusion posterior sampling (Chung et al. 2023, arXiv 2209.14687).

use super::annealing::{Step, positive};
use super::batch::Batch;
use super::{Annealing, ZETAS};
use crate::{Member, Parameter, PosteriorSampler, Recipe, SolverError, Spec};
use equipoise_field::{Real, each};
use equipoise_sampler::Outcome;
use equipoise_schedule::Level;

pub(crate) const SPEC: Spec = Spec {
    parameters: &[Parameter::positive(
        ["zeta", "ζ", "length of the step along −∇‖r‖"],
        Dps::<f64>::ZETA,
        ZETAS,
    )],
    ..Spec::new([
        "dps",
        "ancestral step, then a step along the misfit's gradient",
        "Chung et al. 2023, arXiv 2209.14687",
    ])
};

pub(crate) fn bind<R: Real>(
    annealing: Annealing<R>,
    recipe: &Recipe,
) -> Result<Box<dyn PosteriorSampler<R>>, SolverError> {
    Ok(Box::new(Dps::new(annealing)?.with_zeta(recipe.real("zeta"))?))
}

/// The ancestral step, then a step of the gradient of the misfit's norm:
///
/// > x′ = ancestral(x, x̂) − ζ ∇_{x_t}‖y − A(x̂(x_t))‖.
///
/// The paper's step on ‖r‖² divided by ‖r‖ is this up to a factor two, which its published code leaves
/// out; ζ = 1 is of that code. A may be nonlinear. Step i takes draw i; one evaluation and one vjp a
/// step.
#[derive(Clone, Debug)]
pub struct Dps<R: Real> {
    annealing: Annealing<R>,
    zeta: f64,
}

impl<R: Real> Dps<R> {
    /// The published ζ.
    pub const ZETA: f64 = 1.0;

    /// With the published ζ.
    ///
    /// # Errors
    /// [`SamplerError::Grid`](equipoise_sampler::SamplerError::Grid).
    pub fn new(annealing: Annealing<R>) -> Result<Self, SolverError> {
        Ok(Self { annealing: annealing.checked()?, zeta: Self::ZETA })
    }

    /// With another ζ > 0.
    ///
    /// # Errors
    /// [`SolverError::Parameter`].
    pub fn with_zeta(mut self, zeta: f64) -> Result<Self, SolverError> {
        self.zeta = positive("dps", "zeta", zeta)?;
        Ok(self)
    }
}

/// One step of DPS, with draw `draw`.
pub(super) fn step<R: Real>(
    batch: &mut Batch<'_, R>,
    step: Step,
    zeta: f64,
    draw: usize,
) -> Result<Level, SolverError> {
    let (now, then) = (batch.misfit_gradients(step.t)?, batch.level(step.next));
    let zeta = R::narrow(zeta);
    batch.each(|walk| {
        let deviation = walk.ancestral_mean(now, then);
        walk.draw(draw);
        walk.kick(deviation);
        each::update1(&mut walk.x, &walk.field, |x, g| x - zeta * g);
    });
    Ok(then)
}

impl<R: Real> Dps<R> {
    /// The runs of a batch.
    fn runs(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        self.annealing.run(members, || (), |batch, at| step(batch, at, self.zeta, at.index))
    }
}

drawn_apart!(Dps);
