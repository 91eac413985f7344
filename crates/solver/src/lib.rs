//! Posterior samplers: from an observation to samples of x | y and the evidence of how they came
//! about. [`Guided`] pairs a guidance with a sampler; methods that own their loop implement
//! [`PosteriorSampler`] themselves. [`Inference`] binds any [`Method`] by name to one problem.

mod error;
mod gaussian;
mod guided;
mod inference;
mod loops;
mod method;
mod probed;
mod start;

pub use error::SolverError;
pub use gaussian::ObservedGaussian;
pub use guided::Guided;
pub use inference::Inference;
pub use loops::{Annealing, Daps, Ddnm, Ddrm, Dps, Dsg, Inner, Mcg, Pigdm, PnpAdmm, RedDiff, SdaDps};
pub use method::{Method, Parameter};
pub use probed::ProbedRatios;
pub use start::Start;

use equipoise_field::Real;
use equipoise_sampler::Outcome;
use equipoise_stream::Stream;
use rayon::prelude::*;

/// The streams of one member of an ensemble. They name seed, dataset and member, never the method,
/// so that methods compare on the same draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The state at t = 1.
    pub start: Stream,
    /// Noise on the way.
    pub langevin: Stream,
}

/// A method bound to one observation, ready to draw samples of x | y.
pub trait PosteriorSampler<R: Real>: Sync {
    /// One sample.
    ///
    /// # Errors
    /// [`SolverError`]; a diverging run is an outcome.
    fn sample(&self, member: &Member) -> Result<Outcome<R>, SolverError>;

    /// Whether the members are estimates of one point, whose spread says nothing of the posterior's.
    fn is_point_estimate(&self) -> bool {
        false
    }

    /// One sample per member, on all threads: each member's bits are those of [`sample`](Self::sample).
    ///
    /// # Errors
    /// The first error in the order of members.
    fn ensemble(&self, members: &[Member]) -> Result<Vec<Outcome<R>>, SolverError> {
        members.par_iter().map(|member| self.sample(member)).collect()
    }
}
