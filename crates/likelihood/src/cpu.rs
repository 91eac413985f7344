//! The CPU backend: fixed blocks of observations, shared among threads.

use crate::block::{combine, reduce};
use crate::lattice::{field_index, gather, scatter};
use crate::{Backend, Gradient, LikelihoodError, Observation, Statistics, Variance};
use equipoise_field::Real;
use equipoise_field::sum::{BLOCK, PARALLEL_FROM};
use equipoise_operator::Subsample;
use rayon::prelude::*;

/// The reduction on the threads of the current rayon pool; allocates one record per block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu;

/// One block of observations: the first one's index, how many, where r goes if anywhere, and r/v.
struct Job<'a, R> {
    start: usize,
    len: usize,
    residual: Option<&'a mut [R]>,
    target: Target<'a, R>,
}

enum Target<'a, R> {
    Compact(&'a mut [R]),
    /// The part of the field from `offset` up to the first point of the next block.
    Field {
        lattice: Subsample,
        offset: usize,
        part: &'a mut [R],
    },
}

/// Where A x̂ is.
enum Source<'a, R> {
    /// In the order of observations.
    Ordered(&'a [R]),
    /// On the points of a field.
    Lattice(Subsample, &'a [R]),
}

impl<'a, R: Real> Source<'a, R> {
    fn of(field: &'a [R], lattice: Subsample) -> Self {
        if lattice.stride() == 1 { Self::Ordered(field) } else { Self::Lattice(lattice, field) }
    }
}

impl<R: Real> Backend<R> for Cpu {
    fn compact(
        &self,
        prediction: &[R],
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        weighted: &mut [R],
    ) -> Result<Statistics, LikelihoodError> {
        let count = observation.values.len();
        observation.check_compact(prediction.len(), residual.as_deref(), weighted.len())?;
        let jobs = jobs(count, residual, compact_targets(weighted));
        Ok(run(jobs, count, &observation, &Source::Ordered(prediction)))
    }

    fn strided(
        &self,
        field: &[R],
        lattice: Subsample,
        observation: Observation<'_, R>,
        residual: Option<&mut [R]>,
        gradient: Gradient<'_, R>,
    ) -> Result<Statistics, LikelihoodError> {
        let (count, size) = (lattice.count(), lattice.shape().len());
        observation.check_strided(field.len(), lattice, residual.as_deref(), &gradient)?;
        let (targets, work) = match gradient {
            Gradient::Compact(weighted) => (compact_targets(weighted), count),
            Gradient::Field(out) => (field_targets(out, lattice), size),
        };
        Ok(run(jobs(count, residual, targets), work, &observation, &Source::of(field, lattice)))
    }
}

fn jobs<'a, R>(count: usize, residual: Option<&'a mut [R]>, targets: Vec<Target<'a, R>>) -> Vec<Job<'a, R>> {
    let mut residuals = residual.map(|r| r.chunks_mut(BLOCK));
    let job = |(b, target)| {
        let start = b * BLOCK;
        let residual = residuals.as_mut().and_then(Iterator::next);
        Job { start, len: BLOCK.min(count - start), residual, target }
    };
    targets.into_iter().enumerate().map(job).collect()
}

fn compact_targets<R>(weighted: &mut [R]) -> Vec<Target<'_, R>> {
    weighted.chunks_mut(BLOCK).map(Target::Compact).collect()
}

/// Observed points lie in the order of their observations, so every block owns one stretch of the
/// field: from its first point (the first block: from 0) to the next block's first point.
fn field_targets<R>(field: &mut [R], lattice: Subsample) -> Vec<Target<'_, R>> {
    let count = lattice.count();
    let end = |b: usize| {
        let next = (b + 1) * BLOCK;
        if next < count { field_index(lattice, next) } else { lattice.shape().len() }
    };
    let mut rest = field;
    let mut offset = 0;
    let stretches = (0..count.div_ceil(BLOCK)).map(|b| {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(end(b) - offset);
        rest = after;
        let target = Target::Field { lattice, offset, part };
        offset = end(b);
        target
    });
    stretches.collect()
}

/// Runs every block on its own (`work` decides whether on several threads) and combines them.
fn run<R: Real>(
    jobs: Vec<Job<'_, R>>,
    work: usize,
    observation: &Observation<'_, R>,
    source: &Source<'_, R>,
) -> Statistics {
    let variance = &observation.variance;
    let count = observation.values.len();
    let one = |job: Job<'_, R>| {
        let at = job.start..job.start + job.len;
        let y = &observation.values[at.clone()];
        match *source {
            Source::Ordered(values) => reduce_onto(job, y, &values[at], variance),
            Source::Lattice(lattice, field) => {
                let mut prediction = [R::zero(); BLOCK];
                let prediction = &mut prediction[..job.len];
                gather(lattice, field, job.start, prediction);
                reduce_onto(job, y, prediction, variance)
            }
        }
    };
    let blocks: Vec<Statistics> = if work > PARALLEL_FROM {
        jobs.into_par_iter().map(one).collect()
    } else {
        jobs.into_iter().map(one).collect()
    };
    let mut total = combine(&blocks);
    if let Some(closed) = variance.closed_log_sum(count) {
        total.log_variance = closed;
    }
    total
}

/// Reduces a block and leaves r/v where it belongs.
fn reduce_onto<R: Real>(
    job: Job<'_, R>,
    y: &[R],
    prediction: &[R],
    variance: &Variance<'_, R>,
) -> Statistics {
    let Job { start, residual, target, .. } = job;
    match target {
        Target::Compact(weighted) => reduce(start, y, prediction, variance, residual, weighted),
        Target::Field { lattice, part, .. } if lattice.stride() == 1 => {
            reduce(start, y, prediction, variance, residual, part)
        }
        Target::Field { lattice, offset, part } => {
            let mut weighted = [R::zero(); BLOCK];
            let weighted = &mut weighted[..y.len()];
            let statistics = reduce(start, y, prediction, variance, residual, weighted);
            scatter(lattice, start, weighted, offset, part);
            statistics
        }
    }
}
