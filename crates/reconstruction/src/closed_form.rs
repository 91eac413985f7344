//! The exact posterior of the Gaussian as a sampler, without diffusion.

use crate::{Closed, Problem, Result};
use equipoise_field::each;
use equipoise_posterior::{ExactPosterior, PosteriorError};
use equipoise_sampler::Outcome;
use equipoise_solver::{Ensemble, Independent, Member, PosteriorSampler, SolverError, Watch};
use equipoise_stream::Stream;
use rayon::prelude::*;

/// E[x | y] plus exact deviations, the k-th member with the k-th draw.
pub(crate) struct ClosedForm<'a> {
    posterior: &'a ExactPosterior<f32>,
    mean: Vec<f32>,
    stream: Stream,
    members: &'a [Member],
}

impl<'a> ClosedForm<'a> {
    /// # Errors
    /// Those of the posterior mean.
    pub(crate) fn new(
        (problem, closed): (&'a Problem, &'a Closed),
        seed: u64,
        members: &'a [Member],
    ) -> Result<Self> {
        let (posterior, stream) = (&closed.posterior, Stream::new("posterior").number(seed));
        Ok(Self { posterior, mean: posterior.mean(problem.observation().values())?, stream, members })
    }
}

impl Independent<f32> for ClosedForm<'_> {
    /// One a thread: under a stationary prior a draw of a long field, too, is the work of one.
    fn batch(&self) -> usize {
        rayon::current_num_threads()
    }

    fn run(&self, members: &[Member]) -> std::result::Result<Vec<Outcome<f32>>, SolverError> {
        let one = |member: &Member| {
            let draw = self.members.iter().position(|known| known == member).ok_or(SolverError::Empty)?;
            let mut x = self.posterior.deviation(self.stream, draw as u64).map_err(own)?;
            each::update1(&mut x, &self.mean, |x, m| x + m);
            Ok(Outcome::Finished { x, trace: Default::default() })
        };
        members.par_iter().map(one).collect()
    }
}

impl PosteriorSampler<f32> for ClosedForm<'_> {
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> std::result::Result<Ensemble<f32>, SolverError> {
        self.draw_each(members, watch)
    }
}

fn own(fault: PosteriorError) -> SolverError {
    SolverError::Own(Box::new(fault))
}
