//! Exact draws as a sampler, without diffusion: the k-th member is the k-th draw.

use crate::{Closed, Drawn, Result};
use equipoise_field::each;
use equipoise_sampler::Outcome;
use equipoise_solver::{Ensemble, Independent, Member, PosteriorSampler, SolverError, Watch};
use equipoise_stream::Stream;
use std::error::Error;

/// Draws by their number, the k-th of the members the k-th.
pub(crate) struct Draws<'a, F> {
    pub(crate) members: &'a [Member],
    pub(crate) draw: F,
}

/// The stream of exact draws.
pub(crate) fn stream(seed: u64) -> Stream {
    Stream::new("posterior").number(seed)
}

impl Closed {
    /// Draws of x | y, each E[x | y] plus an exact deviation.
    ///
    /// # Errors
    /// Those of the posterior.
    pub(crate) fn draw(&self, y: &[f32], seed: u64, members: &[Member], watch: Watch<'_>) -> Result<Drawn> {
        let (mean, stream) = (self.posterior.mean(y)?, stream(seed));
        let draw = |k: u64| -> Draw {
            let mut x = self.posterior.deviation(stream, k)?;
            each::update1(&mut x, &mean, |x, m| x + m);
            Ok(x)
        };
        Ok(Draws { members, draw }.draw(members, watch)?)
    }
}

/// What a draw may come to.
pub(crate) type Draw = std::result::Result<Vec<f32>, Box<dyn Error + Send + Sync>>;

impl<F: Fn(u64) -> Draw + Send + Sync> Independent<f32> for Draws<'_, F> {
    /// One a thread: under a stationary prior a draw of a long field, too, is the work of one.
    fn batch(&self) -> usize {
        rayon::current_num_threads()
    }

    fn run(&self, members: &[Member]) -> std::result::Result<Vec<Outcome<f32>>, SolverError> {
        let one = |i: usize| {
            let draw =
                self.members.iter().position(|known| *known == members[i]).ok_or(SolverError::Empty)?;
            let x = (self.draw)(draw as u64).map_err(SolverError::Own)?;
            Ok(Outcome::Finished { x, trace: Default::default() })
        };
        each::made(members.len(), one).into_iter().collect()
    }
}

impl<F: Fn(u64) -> Draw + Send + Sync> PosteriorSampler<f32> for Draws<'_, F> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> std::result::Result<Ensemble<f32>, SolverError> {
        self.draw_each(members, watch)
    }
}
