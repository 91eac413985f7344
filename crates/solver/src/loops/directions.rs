//! Loops whose every step goes along the singular directions of A, each method by a rule of its own.

use super::annealing::Step;
use super::batch::Batch;
use super::singular::Singular;
use super::walk::Walk;
use super::{Annealing, ETAS, Loop};
use crate::{JacobianUse, Parameter, Recipe, Result, Spec};
use equipoise_field::Real;
use equipoise_schedule::Level;
use std::marker::PhantomData;

const PARAMETERS: &[Parameter] =
    &[Parameter::share(["eta", "η", "share of fresh noise in a step"], 0.85, ETAS)];

/// What such a method is: name, summary and source.
pub(super) const fn spec(said: [&'static str; 3]) -> Spec {
    Spec { parameters: PARAMETERS, linear: true, jacobian: JacobianUse::Nothing, ..Spec::new(said) }
}

/// How a method goes along singular directions.
pub(crate) trait Rule<R: Real>: Sized + Send + Sync + 'static {
    /// As messages call the method.
    const NAME: &'static str;

    /// One member's step from its x̂ and z.
    fn advance(of: &Directions<R, Self>, walk: &mut Walk<'_, R>, now: Level, then: Level);
}

/// The observation in singular directions, and the share of fresh noise.
pub(crate) struct Directions<R: Real, M> {
    pub(super) singular: Singular<R>,
    /// δ of every direction.
    pub(super) deviations: Vec<f64>,
    pub(super) eta: f64,
    rule: PhantomData<fn() -> M>,
}

impl<R: Real, M: Rule<R>> Loop<R> for Directions<R, M> {
    type Own = ();

    /// Where A Aᵀ is not diagonal it is decomposed, for N up to 2048 and one s².
    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self> {
        let singular = Singular::new(M::NAME, &on.observation)?;
        let deviations = singular.deviations(M::NAME, on.observation.noise())?;
        Ok(Self { singular, deviations, eta: recipe.real("eta"), rule: PhantomData })
    }

    fn step(&self, batch: &mut Batch<'_, R>, Step { index, t, next }: Step) -> Result<Level> {
        let (now, then) = (batch.denoise(t)?, batch.level(next));
        batch.each(|walk| {
            walk.draw(index);
            M::advance(self, walk, now, then);
        });
        Ok(then)
    }
}
