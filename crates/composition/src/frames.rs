//! Frames in flight: a pass over the transformed frames of a composite of stationary windows.

use crate::filter::{Filter, Scratch};
use crate::flow::{Sink, Source, ask};
use crate::plan::Plan;
use crate::rows::Rows;
use equipoise_covariance::Stationary;
use equipoise_field::{Real, each};
use rayon::prelude::*;
use std::ops::Range;

/// Numbers of the frames in flight.
const AT_ONCE: usize = 1 << 20;

/// Numbers from which frames are shared among threads.
const PARALLEL_FROM: usize = 1 << 14;

/// The rows of a level.
pub(crate) struct Gains<R> {
    pub(crate) filter: Filter<R>,
    /// (1 − μJ)m by the same rows, a frame each; none for a mean of zero.
    pub(crate) offsets: Vec<R>,
}

/// Room of a pass.
pub(crate) struct Room<R> {
    given: Vec<R>,
    /// Transformed frames.
    packed: Vec<R>,
    made: Vec<R>,
}

impl<R> Default for Room<R> {
    fn default() -> Self {
        Self { given: Vec::new(), packed: Vec::new(), made: Vec::new() }
    }
}

/// A pass over the frames of all members.
pub(crate) struct Pass<'a, R: Real> {
    pub(crate) plan: &'a Plan,
    pub(crate) window: &'a Stationary<R>,
    pub(crate) rows: &'a Rows,
    pub(crate) gains: &'a Gains<R>,
    /// By the adjoints of the rows.
    pub(crate) adjoint: bool,
    /// Adds the offsets.
    pub(crate) estimate: bool,
}

impl<R: Real> Pass<'_, R> {
    pub(crate) fn run(
        &self,
        room: &mut Room<R>,
        members: usize,
        mut source: Source<'_, R>,
        mut sink: Sink<'_, R>,
    ) {
        let (frames, frame) = (self.plan.frames, self.plan.frame);
        let [behind, ahead] = self.rows.reach(self.adjoint);
        let at_once = (AT_ONCE / frame).max(2 * (behind + ahead)).max(1);
        let Room { given, packed, made } = room;
        let mut transformed = |at: Range<usize>, out: &mut [R]| match &mut source {
            Source::Whole(x) => self.transform(&x[at], out),
            Source::Given(give) => {
                given.resize(at.len(), R::zero());
                give(at, given);
                self.transform(given, out);
            }
        };
        for begin in (0..members).map(|member| member * frames) {
            let mut held = begin..begin;
            for first in (0..frames).step_by(at_once) {
                let last = frames.min(first + at_once);
                let from = first.saturating_sub(behind);
                let needed = begin + from..begin + frames.min(last + ahead);
                let own = ask(packed, &mut held, needed, frame, &mut (&mut transformed as _));
                let numbers = (begin + first) * frame..(begin + last) * frame;
                match &mut sink {
                    Sink::Whole(out) => self.frames((first, from), own, &mut out[numbers]),
                    Sink::Taken(take) => {
                        made.resize(numbers.len(), R::zero());
                        self.frames((first, from), own, made);
                        take(numbers, made);
                    }
                }
            }
        }
    }

    /// Frames from `first` on, of packed ones from `held` on.
    fn frames(&self, (first, held): (usize, usize), packed: &[R], out: &mut [R]) {
        let frame = self.plan.frame;
        let one = |scratch: &mut Scratch<R>, (k, out): (usize, &mut [R])| {
            let at = first + k;
            if self.adjoint {
                self.rows.adjoint_taps(at, &mut scratch.taps);
            } else {
                self.rows.taps(at, &mut scratch.taps);
            }
            self.gains.filter.apply(packed, |from| (from - held) * frame, self.adjoint, scratch);
            self.window.spectrum().backward(&scratch.packed, out);
            if self.estimate && !self.gains.offsets.is_empty() {
                let own = &self.gains.offsets[self.rows.of(at) * frame..][..frame];
                out.iter_mut().zip(own).for_each(|(o, m)| *o += *m);
            }
        };
        if out.len() >= PARALLEL_FROM {
            out.par_chunks_exact_mut(frame).enumerate().for_each_init(Scratch::default, one);
        } else {
            let mut scratch = Scratch::default();
            out.chunks_exact_mut(frame).enumerate().for_each(|frame| one(&mut scratch, frame));
        }
    }

    /// The packed transform of whole frames.
    fn transform(&self, x: &[R], packed: &mut [R]) {
        let (spectrum, frame) = (self.window.spectrum(), self.plan.frame);
        if x.len() >= PARALLEL_FROM {
            each::chunk_pair(packed, frame, x, frame, |packed, x| spectrum.forward(x, packed));
        } else {
            spectrum.forward(x, packed);
        }
    }
}
