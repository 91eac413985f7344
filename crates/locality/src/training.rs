//! A training set: stored samples, their cyclic shifts, and sums over both in a fixed order.

use crate::sums::MEMBERS;
use crate::{LocalityError, Result};
use equipoise_field::{Axis, Length, Real, Shape, each, sketched};
use std::ops::Range;
use std::sync::Arc;

/// Stored samples that one partial sum runs over. Part of the definition of every sum, so that
/// neither threads nor the portions in which samples are read change a bit.
const GROUP: usize = 16;
/// Partial sums held at a time, at most and at least, within [`ROOM`] if they can be.
const WAVE: [usize; 2] = [8, 64];
/// Bytes for the partial sums held at a time.
const ROOM: usize = 1 << 28;

/// Some samples with their shifts, in order, one after the other.
pub(crate) struct Block<'a, R> {
    /// i·shifts + k of every one, for shift k of stored sample i.
    pub(crate) ids: &'a [usize],
    /// D numbers of every one.
    pub(crate) values: &'a [R],
}

/// One pass over a training set.
pub(crate) struct Pass<'a> {
    /// Whether shift k of stored sample i is asked for, by i·shifts + k.
    pub(crate) wanted: &'a (dyn Fn(usize) -> bool + Sync),
    /// Samples of a block at most.
    pub(crate) block: usize,
    /// What a partial sum takes, in bytes.
    pub(crate) bytes: usize,
}

/// Takes a block into a partial sum.
pub(crate) type Add<'a, S, R> = dyn Fn(&mut S, &Block<'_, R>) + Sync + 'a;

/// Members that one pass serves when the partial sums of each take so many bytes: as many as leave room for
/// the fewest partial sums.
pub(crate) fn members_at_once(bytes: usize) -> usize {
    (ROOM / (WAVE[0] * bytes).max(1)).clamp(1, MEMBERS)
}

/// Training samples in a fixed order, in memory or on disk.
pub trait Samples<R: Real>: Send + Sync {
    /// n, the number of stored samples.
    fn count(&self) -> usize;

    /// D, the length of a sample.
    fn dim(&self) -> usize;

    /// Hands the samples of `range` to `each`, one at a time with their index, in order.
    ///
    /// # Errors
    /// [`LocalityError::Samples`] when they cannot be read.
    fn visit(&self, range: Range<usize>, each: &mut dyn FnMut(usize, &[R])) -> Result<()>;
}

/// Samples in memory, overlapping windows of trajectories without copies.
#[derive(Clone, Debug)]
pub struct Memory<R> {
    values: Vec<R>,
    dim: usize,
    starts: Vec<usize>,
}

impl<R: Real> Memory<R> {
    /// Samples of length `dim`, one after the other.
    ///
    /// # Errors
    /// [`LocalityError::Empty`] without a sample, [`LocalityError::Length`] for a broken one.
    pub fn new(values: Vec<R>, dim: usize) -> Result<Self> {
        let series = Shape::new(1, 1, 1, dim);
        Self::windows(values, series, 1)
    }

    /// All windows of `frames` frames of the trajectories (each of shape `series`, one after the
    /// other), by trajectory and then by first frame.
    ///
    /// # Errors
    /// [`LocalityError::Empty`] without a window, [`LocalityError::Length`] for a broken trajectory.
    pub fn windows(values: Vec<R>, series: Shape, frames: usize) -> Result<Self> {
        if series.is_empty() || values.is_empty() || frames == 0 || frames > series.frames {
            return Err(LocalityError::Empty);
        }
        let trajectories = values.len() / series.len();
        Length::check("training samples", values.len(), trajectories.max(1) * series.len())?;
        let first = 0..=series.frames - frames;
        let starts = (0..trajectories)
            .flat_map(|n| first.clone().map(move |t| n * series.len() + t * series.frame()))
            .collect();
        Ok(Self { values, dim: frames * series.frame(), starts })
    }
}

impl<R: Real> Samples<R> for Memory<R> {
    fn count(&self) -> usize {
        self.starts.len()
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn visit(&self, range: Range<usize>, each: &mut dyn FnMut(usize, &[R])) -> Result<()> {
        for i in range {
            each(i, &self.values[self.starts[i]..self.starts[i] + self.dim]);
        }
        Ok(())
    }
}

/// Samples x_1 … x_n of one shape and, where asked for, their cyclic shifts.
///
/// A sample is one flat vector of shape (T, C, H, W): a single frame for T = 1, else a whole window.
/// Shifts are made while the samples are read and never stored.
#[derive(Clone)]
pub struct Training<R: Real> {
    shape: Shape,
    samples: Arc<dyn Samples<R>>,
    /// Cyclic shifts (along H, along W) of every stored sample.
    shifts: Arc<[[usize; 2]]>,
}

sketched!(
    [R: Real] Training<R>, "Training",
    |own| shape = own.shape, samples = own.samples.count(), shifts = own.shifts.len()
);

impl<R: Real> Training<R> {
    /// The stored samples as they are.
    ///
    /// # Errors
    /// [`LocalityError::Empty`], [`LocalityError::Length`] when samples are not of this shape.
    pub fn new(shape: Shape, samples: Arc<dyn Samples<R>>) -> Result<Self> {
        Length::check("training sample", samples.dim(), shape.len())?;
        if samples.count() == 0 || shape.is_empty() {
            return Err(LocalityError::Empty);
        }
        Ok(Self { shape, samples, shifts: Arc::new([[0, 0]]) })
    }

    /// The set with every sample replaced by its `count` cyclic shifts along a homogeneous axis,
    /// equally spaced.
    ///
    /// # Errors
    /// [`LocalityError::Shifts`] unless `count` divides the length of the axis.
    pub fn shifted(&self, axis: Axis, count: usize) -> Result<Self> {
        let length = if axis == Axis::H { self.shape.height } else { self.shape.width };
        if count == 0 || !length.is_multiple_of(count) {
            return Err(LocalityError::Shifts { axis, found: count, length });
        }
        let step = length / count;
        let shifts = self.shifts.iter().flat_map(|&[h, w]| {
            (0..count).map(move |k| if axis == Axis::H { [h + k * step, w] } else { [h, w + k * step] })
        });
        Ok(self.with_shifts(shifts.collect()))
    }

    pub(crate) fn with_shifts(&self, shifts: Vec<[usize; 2]>) -> Self {
        let wrap = |[h, w]: [usize; 2]| [h % self.shape.height, w % self.shape.width];
        Self { shifts: shifts.into_iter().map(wrap).collect(), ..self.clone() }
    }

    /// (T, C, H, W) of a sample.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// n, the number of samples with their shifts.
    pub fn count(&self) -> usize {
        self.samples.count() * self.shifts.len()
    }

    /// Cyclic shifts (along H, along W) of every stored sample.
    pub fn shifts(&self) -> &[[usize; 2]] {
        &self.shifts
    }

    /// Shift k of stored sample i, as [`Nearest`](crate::Nearest) names it.
    ///
    /// ```
    /// use equipoise_field::{Axis, Shape};
    /// use equipoise_locality::{Memory, Training};
    /// use std::sync::Arc;
    ///
    /// let stored = Arc::new(Memory::new(vec![1.0, 2.0, 3.0, 4.0], 4)?);
    /// let training = Training::new(Shape::new(1, 1, 1, 4), stored)?.shifted(Axis::W, 4)?;
    /// assert_eq!(training.sample(0, 1)?, [2.0, 3.0, 4.0, 1.0]);
    /// # Ok::<(), equipoise_locality::LocalityError>(())
    /// ```
    ///
    /// # Errors
    /// [`LocalityError::Samples`] when the sample cannot be read.
    ///
    /// # Panics
    /// If there is no such shift; [`Memory`] also if there is no such sample.
    pub fn sample(&self, i: usize, k: usize) -> Result<Vec<R>> {
        let (mut stored, mut moved) = (Vec::new(), vec![R::zero(); self.shape.len()]);
        self.samples.visit(i..i + 1, &mut |_, x| stored.extend_from_slice(x))?;
        shift_cyclically(self.shape, self.shifts[k], &stored, &mut moved);
        Ok(moved)
    }

    /// How many partial sums [`fold`](Self::fold) makes, all of the same cost but the last.
    pub(crate) fn groups(&self) -> usize {
        self.samples.count().div_ceil(GROUP)
    }

    /// How many samples with their shifts a partial sum runs over, but the last.
    pub(crate) fn in_group(&self) -> usize {
        GROUP * self.shifts.len()
    }

    /// One partial sum; `None` where no sample is wanted.
    pub(crate) fn group<S>(
        &self,
        group: usize,
        pass: &Pass<'_>,
        make: impl FnOnce() -> S,
        add: &Add<'_, S, R>,
    ) -> Result<Option<S>> {
        let range = group * GROUP..self.samples.count().min((group + 1) * GROUP);
        let (shifts, dim) = (self.shifts.len(), self.shape.len());
        let ids = range.start * shifts..range.end * shifts;
        if !ids.clone().any(pass.wanted) {
            return Ok(None);
        }
        let (mut sum, most) = (make(), pass.block.clamp(1, ids.len()));
        let (mut ids, mut values) = (Vec::with_capacity(most), vec![R::zero(); most * dim]);
        self.samples.visit(range, &mut |i, x| {
            for (k, &shift) in self.shifts.iter().enumerate() {
                let id = i * shifts + k;
                if !(pass.wanted)(id) {
                    continue;
                }
                if most == 1 && shift == [0, 0] {
                    add(&mut sum, &Block { ids: &[id], values: x });
                    continue;
                }
                shift_cyclically(self.shape, shift, x, &mut values[ids.len() * dim..][..dim]);
                ids.push(id);
                if ids.len() == most {
                    add(&mut sum, &Block { ids: &ids, values: &values });
                    ids.clear();
                }
            }
        })?;
        if !ids.is_empty() {
            add(&mut sum, &Block { ids: &ids, values: &values[..ids.len() * dim] });
        }
        Ok(Some(sum))
    }

    /// Partial sums over fixed groups of stored samples, shared among threads, merged in order.
    pub(crate) fn fold<S: Send>(
        &self,
        pass: &Pass<'_>,
        make: &(dyn Fn() -> S + Sync),
        add: &Add<'_, S, R>,
        merge: &mut dyn FnMut(&mut S, S),
    ) -> Result<S> {
        let mut total = make();
        let held = (ROOM / pass.bytes.max(1)).clamp(WAVE[0], WAVE[1]);
        for wave in (0..self.groups()).step_by(held) {
            let groups = held.min(self.groups() - wave);
            let partial = each::made(groups, |group| self.group(wave + group, pass, make, add));
            let partial: Vec<Option<S>> = partial.into_iter().collect::<Result<_, _>>()?;
            partial.into_iter().flatten().for_each(|p| merge(&mut total, p));
        }
        Ok(total)
    }
}

/// to(h, w) = from(h + s_h mod H, w + s_w mod W) on every plane.
pub(crate) fn shift_cyclically<T: Copy>(shape: Shape, [down, right]: [usize; 2], from: &[T], to: &mut [T]) {
    let (plane, width) = (shape.plane(), shape.width);
    for (from, to) in from.chunks_exact(plane).zip(to.chunks_exact_mut(plane)) {
        if right == 0 {
            let split = down * width;
            to[..plane - split].copy_from_slice(&from[split..]);
            to[plane - split..].copy_from_slice(&from[..split]);
            continue;
        }
        for (h, to) in to.chunks_exact_mut(width).enumerate() {
            let from = &from[(h + down) % shape.height * width..][..width];
            to[..width - right].copy_from_slice(&from[right..]);
            to[width - right..].copy_from_slice(&from[..right]);
        }
    }
}
