//! J at the states of a batch, with the distances that its products need again.

use super::softmax::Estimate;
use super::{Neighbourhood, Pixelwise};
use crate::Result;
use equipoise_denoiser::{Denoiser, DenoiserError, Linearised, Tape};
use equipoise_field::{Length, Real};
use equipoise_schedule::Level;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of the distances that one linearisation keeps, at most. They save a product half of its time,
/// but a draw may hold a linearisation on every thread: 16 threads take no more than 4 GiB.
pub(super) const KEPT: usize = 1 << 28;

/// Distances of partial sums, each used by one thread at a time.
type Sums = [Mutex<Vec<f64>>];

/// What a tape holds between linearisations.
#[derive(Default)]
struct Room(Vec<Mutex<Vec<f64>>>);

/// The distances of all samples to the states of one pass.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    sums: &'a Sums,
    /// Samples with their shifts of a partial sum.
    samples: usize,
    places: usize,
    members: usize,
}

/// The distances of one block: Q numbers for each member and sample.
pub(super) struct Held<'a> {
    sum: MutexGuard<'a, Vec<f64>>,
    first: usize,
    places: usize,
}

impl<'a> Kept<'a> {
    /// Of the samples named, which follow each other within one partial sum.
    pub(super) fn hold(&self, ids: &[usize]) -> Held<'a> {
        let sum = self.sums[ids[0] / self.samples].lock().unwrap_or_else(PoisonError::into_inner);
        Held { sum, first: ids[0] % self.samples * self.members * self.places, places: self.places }
    }
}

impl Held<'_> {
    /// The distances of the i-th pair of a member and a sample.
    pub(super) fn at(&mut self, i: usize) -> &mut [f64] {
        &mut self.sum[self.first + i * self.places..][..self.places]
    }
}

/// J at the states of a batch.
pub(super) struct Slopes<'a, R: Real> {
    pixelwise: &'a Pixelwise<R>,
    to: Arc<dyn Neighbourhood>,
    x_t: &'a [R],
    level: Level,
    estimates: Vec<Estimate>,
    room: &'a Room,
}

impl<R: Real> Pixelwise<R> {
    /// How many members' distances may be kept.
    pub(super) fn fitting(&self) -> usize {
        self.kept / (size_of::<f64>() * self.places * self.training.count())
    }

    /// The room of the portion of members from `first` on, where it has some.
    fn kept<'a>(&self, room: &'a Room, first: usize, members: usize) -> Option<Kept<'a>> {
        let groups = self.training.groups();
        let sums = room.0.get(first / self.batch() * groups..)?.get(..groups)?;
        Some(Kept { sums, samples: self.training.in_group(), places: self.places, members })
    }

    /// Makes room for the distances of the first members of `n`, portion by portion.
    fn make_room(&self, room: &mut Room, n: usize) {
        let (batch, all) = (self.batch(), self.training.count());
        let (kept, groups, samples) =
            (n.min(self.fitting()), self.training.groups(), self.training.in_group());
        // A portion is kept as a whole or not at all.
        let kept = if kept == n { n } else { kept / batch * batch };
        room.0.resize_with(kept.div_ceil(batch) * groups, Mutex::default);
        for (i, sum) in room.0.iter_mut().enumerate() {
            let members = batch.min(kept - i / groups * batch);
            let samples = samples.min(all - i % groups * samples);
            let sum = sum.get_mut().unwrap_or_else(PoisonError::into_inner);
            sum.resize(samples * members * self.places, 0.0);
        }
    }

    /// x̂ at the states of a batch, and what products with J there need.
    pub(super) fn slopes<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Slopes<'a, R>> {
        let to = (self.near)(level)?;
        let n = Length::members("x_t", x_t.len(), self.dim())?;
        Length::check("x_hat", x_hat.len(), x_t.len())?;
        let room = tape.room::<Room>();
        self.make_room(room, n);
        let (room, mut estimates) = (&*room, Vec::with_capacity(n));
        for x_t in x_t.chunks(self.batch() * self.dim()) {
            let kept = self.kept(room, estimates.len(), x_t.len() / self.dim());
            estimates.extend(self.estimates(to.as_ref(), x_t, level, kept)?);
        }
        estimates.iter().zip(x_hat.chunks_exact_mut(self.dim())).for_each(|(e, x_hat)| e.write(x_hat));
        Ok(Slopes { pixelwise: self, to, x_t, level, estimates, room })
    }
}

impl<R: Real> Linearised<R> for Slopes<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        Length::check("v", v.len(), self.x_t.len())?;
        Length::check("out", out.len(), self.x_t.len())?;
        let batch = self.pixelwise.batch();
        let portion = batch * self.pixelwise.dim();
        let fields = self.x_t.chunks(portion).zip(v.chunks(portion)).zip(out.chunks_mut(portion));
        for (i, (((x_t, v), out), estimates)) in fields.zip(self.estimates.chunks(batch)).enumerate() {
            let kept = self.pixelwise.kept(self.room, i * batch, estimates.len());
            self.pixelwise.products(self.to.as_ref(), (x_t, self.level), (estimates, kept), v, out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Memory, Patch, Training};
    use equipoise_field::{Boundary, Shape};

    const SHAPE: Shape = Shape::new(1, 2, 4, 5);
    /// Of one member over 37 samples.
    const BYTES: usize = 8 * 20 * 37;

    /// The denoiser with room for some bytes, and what a linearisation of 5 members gives in a tape.
    fn found(kept: usize, tape: &mut Tape) -> (usize, Vec<f64>) {
        let stored = (0..37 * SHAPE.len()).map(|i| (i as f64 * 0.7).sin()).collect();
        let training = Training::new(SHAPE, Arc::new(Memory::new(stored, SHAPE.len()).unwrap())).unwrap();
        let pixelwise =
            Pixelwise { kept, ..Pixelwise::local(training, Patch::square(1, Boundary::Periodic)) };
        let x_t: Vec<f64> = (0..5 * SHAPE.len()).map(|i| (i as f64 * 0.3).cos()).collect();
        let (mut x_hat, mut out) = (vec![f64::NAN; x_t.len()], vec![f64::NAN; x_t.len()]);
        let level = Level { mu: 0.9, sigma: 1.5 };
        let mut slopes = pixelwise.linearise(&x_t, level, &mut x_hat, tape).unwrap();
        slopes.vjp(&x_t, &mut out).unwrap();
        x_hat.extend(&out);
        slopes.vjp(&x_t, &mut out).unwrap();
        drop(slopes);
        x_hat.extend(&out);
        (pixelwise.batch(), x_hat)
    }

    /// Distances that are kept and ones made again give the same bits, in a tape of any past; a batch is what
    /// can be kept.
    #[test]
    fn room_changes_no_bit() {
        let mut tape = Tape::new();
        let (batch, none) = found(0, &mut Tape::new());
        assert_eq!((batch, tape.room::<Room>().0.len()), (16, 0));
        for members in [1, 16, 2, 4, 5, 3] {
            assert_eq!(found(members * BYTES + 8, &mut tape), (members, none.clone()), "{members} members");
            let kept = |sum: &mut Mutex<Vec<f64>>| sum.get_mut().unwrap().len();
            let room = &mut tape.room::<Room>().0;
            assert_eq!(room.len(), 3);
            assert_eq!(room.iter_mut().map(kept).sum::<usize>(), members.min(5) * 37 * 20);
        }
    }
}
