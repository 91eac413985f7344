//! Drawing: a method bound to one observation, and how its members are run.

use crate::{Ensemble, Result, SolverError};
use equipoise_field::{Length, Real, each, sketched};
use equipoise_sampler::{Outcome, SamplerError};
use equipoise_stream::Stream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The streams of one member of an ensemble. They name seed, dataset and member, never the method,
/// so that methods compare on the same draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The state at t = 1.
    pub start: Stream,
    /// Noise on the way.
    pub langevin: Stream,
}

/// Who follows a drawing, and may end it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Is told the number of members done, after each batch, and answers whether to begin further ones.
    pub go_on: &'a (dyn Fn(usize) -> bool + Sync),
}

impl Watch<'_> {
    /// Nobody: the drawing goes on to its end.
    pub const NONE: Self = Watch { go_on: &|_| true };
}

sketched!([] Watch<'_>, "Watch");

/// A method bound to one observation, ready to draw samples of x | y.
///
/// The unit is the ensemble. Members may interact, as particles that are weighed and drawn again do; those
/// of most methods do not: such a method is [`Independent`], and draws by [`Independent::draw_each`].
pub trait PosteriorSampler<R: Real>: Send + Sync {
    /// One sample a member, on all threads.
    ///
    /// # Errors
    /// [`SolverError`]; a diverging run is an outcome.
    fn draw(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>>;

    /// Whether the members are estimates of one point, whose spread says nothing of the posterior's.
    fn is_point_estimate(&self) -> bool {
        false
    }

    /// An ensemble of one.
    ///
    /// # Errors
    /// As [`draw`](Self::draw); [`SolverError::Empty`] from a method that makes nothing of one member.
    fn sample(&self, member: &Member) -> Result<Outcome<R>> {
        let drawn = self.draw(&[*member], Watch::NONE)?;
        drawn.into_outcomes().pop().ok_or(SolverError::Empty)
    }
}

/// What became of one batch.
type Run<R> = Result<Vec<Outcome<R>>>;

/// `run` of every batch of `size` members: batches of one side by side. It knows `run` by reference alone, so that
/// the sharing among threads is compiled once, not with every method.
fn runs<R: Real>(
    members: &[Member],
    size: usize,
    run: &(dyn Fn(usize, &[Member]) -> Run<R> + Sync),
) -> Vec<Run<R>> {
    if size > 1 {
        members.chunks(size).enumerate().map(|(b, batch)| run(b, batch)).collect()
    } else {
        each::made(members.len(), |b| run(b, &members[b..=b]))
    }
}

/// A method whose members know nothing of each other: member k is the same, bit for bit, whatever else is
/// drawn. It is drawn in batches.
pub trait Independent<R: Real>: Send + Sync {
    /// Members that one [`run`](Self::run) takes best, as
    /// [`Denoiser::batch`](equipoise_denoiser::Denoiser::batch) says.
    fn batch(&self) -> usize;

    /// The runs of a batch, in order.
    ///
    /// # Errors
    /// [`SolverError`]; a diverging run is an outcome.
    fn run(&self, members: &[Member]) -> Result<Vec<Outcome<R>>>;

    /// [`run`](Self::run), held to one outcome a member.
    ///
    /// # Errors
    /// Its own; [`SamplerError::Length`].
    fn one_each(&self, members: &[Member]) -> Result<Vec<Outcome<R>>> {
        let outcomes = self.run(members)?;
        Length::check("outcomes", outcomes.len(), members.len()).map_err(SamplerError::from)?;
        Ok(outcomes)
    }

    /// All members, for [`PosteriorSampler::draw`]. Members run side by side; batches of several, which keep
    /// all threads busy, one after the other.
    ///
    /// # Errors
    /// The first error in the order of members; [`SamplerError::Length`] unless a run has one outcome a member.
    fn draw_each(&self, members: &[Member], watch: Watch<'_>) -> Result<Ensemble<R>> {
        let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        let failed = AtomicUsize::new(usize::MAX);
        let order = Ordering::Relaxed;
        let size = self.batch().max(1);
        // Batches before one that failed go on: the error told is the first in order, not in time.
        let run = |b: usize, batch: &[Member]| {
            if stopped.load(order) || b > failed.load(order) {
                return Ok(Vec::new());
            }
            let outcomes = self.one_each(batch).inspect_err(|_| {
                failed.fetch_min(b, order);
            })?;
            if !(watch.go_on)(done.fetch_add(batch.len(), order) + batch.len()) {
                stopped.store(true, order);
            }
            Ok(outcomes)
        };
        let runs = runs(members, size, &run);
        let batches = runs.into_iter().collect::<Result<Vec<_>, _>>()?;
        let begun =
            batches.iter().enumerate().flat_map(|(b, runs)| (0..runs.len()).map(move |k| b * size + k));
        let begun = begun.collect();
        Ok(Ensemble::of(members.len(), begun, batches.into_iter().flatten().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_sampler::Trace;
    use std::time::Duration;

    /// Members 1 and 6 of eight fail, the first of them late.
    struct Failing(Vec<Member>);

    impl Independent<f64> for Failing {
        fn batch(&self) -> usize {
            1
        }

        fn run(&self, members: &[Member]) -> Result<Vec<Outcome<f64>>> {
            let place = self.0.iter().position(|member| *member == members[0]);
            let fault = |found| SolverError::Mismatch { prior: found, observation: String::new() };
            match place {
                Some(1) => {
                    std::thread::sleep(Duration::from_millis(50));
                    Err(fault("the first".to_owned()))
                }
                Some(6) => Err(fault("another".to_owned())),
                _ => Ok(vec![Outcome::Finished { x: vec![0.0], trace: Trace::default() }]),
            }
        }
    }

    /// Two threads begin at members 0 and 4, so that the other error comes before the first.
    #[test]
    fn the_error_is_that_of_the_first_member_on_any_threads() {
        let stream = |label, m| Stream::new(label).number(m);
        let members: Vec<Member> =
            (0..8).map(|m| Member { start: stream("start", m), langevin: stream("noise", m) }).collect();
        for threads in [1, 2, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let drawn = pool.install(|| Failing(members.clone()).draw_each(&members, Watch::NONE));
            assert!(drawn.unwrap_err().to_string().contains("the first"), "{threads} threads");
        }
    }
}
