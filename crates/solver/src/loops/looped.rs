//! A method that owns its loop: what it is bound with, and one step of it.

use super::Annealing;
use super::annealing::Step;
use super::batch::Batch;
use crate::{Ensemble, Independent, Member, PosteriorSampler, Recipe, Result, Watch};
use equipoise_field::Real;
use equipoise_sampler::{Outcome, descending};
use equipoise_schedule::Level;

/// A method that owns its loop.
pub(crate) trait Loop<R: Real>: Sized + Send + Sync + 'static {
    /// What every member has of its method's beside its walk.
    type Own: Send + Default;

    /// The method with what a recipe says.
    ///
    /// # Errors
    /// [`SolverError::Needs`](crate::SolverError::Needs) and
    /// [`SolverError::Observation`](crate::SolverError::Observation) where the method does not take the observation.
    fn of(on: &Annealing<R>, recipe: &Recipe) -> Result<Self>;

    /// What a member begins with.
    fn own(&self, _on: &Annealing<R>) -> Self::Own {
        Self::Own::default()
    }

    /// Replaces the state of every member, and returns the level that the new ones are at.
    ///
    /// # Errors
    /// Those of the denoiser, and of a level that is none.
    fn step(&self, batch: &mut Batch<'_, R, Self::Own>, at: Step) -> Result<Level>;
}

/// A method along the grid of an annealing. Members are drawn apart, in batches of the denoiser's size.
struct Looped<R: Real, L> {
    annealing: Annealing<R>,
    method: L,
    point_estimate: bool,
}

/// Binds a recipe to an annealing.
///
/// # Errors
/// [`SamplerError::Grid`](equipoise_sampler::SamplerError::Grid), those of [`Loop::of`].
pub(crate) fn bind<R: Real, L: Loop<R>>(
    annealing: Annealing<R>,
    recipe: &Recipe,
) -> Result<Box<dyn PosteriorSampler<R>>> {
    descending(&annealing.grid)?;
    let method = L::of(&annealing, recipe)?;
    Ok(Box::new(Looped { annealing, method, point_estimate: recipe.method().is_point_estimate() }))
}

impl<R: Real, L: Loop<R>> Independent<R> for Looped<R, L> {
    fn batch(&self) -> usize {
        self.annealing.denoiser.batch()
    }

    /// From draw 0 of every member's start to the end of the grid, all members in one batch. A state that is
    /// not finite ends its member's run and no other's.
    fn run(&self, members: &[Member]) -> Result<Vec<Outcome<R>>> {
        let Self { annealing, method, .. } = self;
        let mut batch = Batch::start(annealing, members, || method.own(annealing));
        for (index, times) in annealing.grid.windows(2).enumerate() {
            if batch.is_empty() {
                break;
            }
            let (t, next) = (times[0], times[1]);
            let level = method.step(&mut batch, Step { index, t, next })?;
            batch.inspect(next, level);
        }
        Ok(batch.finish())
    }
}

impl<R: Real, L: Loop<R>> PosteriorSampler<R> for Looped<R, L> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>> {
        self.draw_each(members, watch)
    }

    fn is_point_estimate(&self) -> bool {
        self.point_estimate
    }
}
