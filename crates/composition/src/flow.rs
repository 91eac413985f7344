//! Windows in flight: a pass over all windows of a batch that holds some of them at a time.

use crate::plan::{Inward, Outward, Plan};
use equipoise_denoiser::{DenoiserError, Give, Take};
use equipoise_field::{Real, each, sum};
use rayon::prelude::*;
use std::ops::Range;

/// Where a vector of whole trajectories comes from.
pub(crate) enum Source<'a, R> {
    /// From memory.
    Whole(&'a [R]),
    /// As it is asked for.
    Given(Give<'a, R>),
}

/// Where a vector of whole trajectories goes.
pub(crate) enum Sink<'a, R> {
    /// Into memory.
    Whole(&'a mut [R]),
    /// As it is made.
    Taken(Take<'a, R>),
}

/// Room of a pass.
#[derive(Debug)]
pub(crate) struct Room<R> {
    /// Frames that were given and are still needed.
    frames: Vec<R>,
    /// Windows as they go in.
    inputs: Vec<R>,
    /// Windows that came out and are still needed.
    outputs: Vec<R>,
    /// Frames to hand over.
    made: Vec<R>,
}

impl<R> Default for Room<R> {
    fn default() -> Self {
        Self { frames: Vec::new(), inputs: Vec::new(), outputs: Vec::new(), made: Vec::new() }
    }
}

/// Some windows of those of all members, as they go in.
pub(crate) struct Windows<'a, R> {
    pass: &'a Pass<'a>,
    pub(crate) at: Range<usize>,
    /// The frames that they hold.
    frames: &'a [R],
    room: &'a mut Vec<R>,
}

impl<'a, R: Real> Windows<'a, R> {
    /// Each by itself, where windows are their frames as they are.
    pub(crate) fn unfolded(&self) -> impl IndexedParallelIterator<Item = &[R]> {
        (0..self.at.len()).into_par_iter().map(|k| of_window(self.pass.plan, &self.at, self.frames, k))
    }

    /// One after the other.
    pub(crate) fn filled(self) -> &'a [R] {
        let Self { pass: Pass { plan, into, .. }, at, frames, room } = self;
        room.resize(at.len() * plan.numbers(), R::zero());
        each_chunk(room, plan.numbers(), |k, window| {
            plan.fill(*into, at.start + k, of_window(plan, &at, frames, k), window);
        });
        room
    }
}

/// The frames of window `k` of those in `at`, which hold `frames`.
fn of_window<'f, R>(plan: &Plan, at: &Range<usize>, frames: &'f [R], k: usize) -> &'f [R] {
    let first = (plan.begin(at.start + k) - plan.begin(at.start)) * plan.frame;
    &frames[first..first + plan.numbers()]
}

/// Which of all windows go through at a time, and what of them goes in and out.
pub(crate) struct Pass<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) members: usize,
    /// Windows at a time.
    pub(crate) at_once: usize,
    pub(crate) into: Inward,
    pub(crate) from: Outward,
}

impl Pass<'_> {
    /// Frames of the sink from those of the source through `work`, which is called for runs of windows, ascending
    /// and without gaps. Frames are handed over as soon as all their windows are through; what is held is
    /// `at_once` windows and those that the next frame needs.
    pub(crate) fn run<R: Real>(
        &self,
        room: &mut Room<R>,
        mut source: Source<'_, R>,
        mut sink: Sink<'_, R>,
        mut work: impl FnMut(Windows<'_, R>, &mut [R]) -> Result<(), DenoiserError>,
    ) -> Result<(), DenoiserError> {
        let (plan, numbers, frame) = (self.plan, self.plan.numbers(), self.plan.frame);
        let (windows, frames) = (self.members * plan.windows(), self.members * plan.frames);
        let (mut held, mut done, mut given) = (0, 0, 0..0);
        for first in (0..windows).step_by(self.at_once) {
            let last = windows.min(first + self.at_once);
            let needed = plan.begin(first)..plan.begin(last - 1) + plan.window;
            let own = match &mut source {
                Source::Whole(x) => &x[needed.start * frame..needed.end * frame],
                Source::Given(give) => ask(&mut room.frames, &mut given, needed.clone(), frame, give),
            };
            room.outputs.resize((last - held) * numbers, R::zero());
            let windows = Windows { pass: self, at: first..last, frames: own, room: &mut room.inputs };
            work(windows, &mut room.outputs[(first - held) * numbers..])?;
            let complete = |at: usize| at < frames && plan.parts(self.from, at).end <= last;
            let end = (done..).find(|&at| !complete(at)).unwrap_or(frames);
            self.hand_over(done..end, (held, &room.outputs), &mut room.made, &mut sink);
            done = end;
            let keep = if done < frames { plan.parts(self.from, done).start.min(last) } else { last };
            room.outputs.copy_within((keep - held) * numbers.., 0);
            held = keep;
        }
        Ok(())
    }

    fn hand_over<R: Real>(
        &self,
        at: Range<usize>,
        windows: (usize, &[R]),
        made: &mut Vec<R>,
        sink: &mut Sink<'_, R>,
    ) {
        let (frame, numbers) = (self.plan.frame, at.start * self.plan.frame..at.end * self.plan.frame);
        let gather = |out: &mut [R]| {
            each_chunk(out, frame, |k, out| self.plan.gather(self.from, at.start + k, windows, out));
        };
        match sink {
            Sink::Whole(out) => gather(&mut out[numbers]),
            Sink::Taken(take) => {
                made.resize(numbers.len(), R::zero());
                gather(made);
                if !at.is_empty() {
                    take(numbers, made);
                }
            }
        }
    }
}

/// Calls `f` with every chunk of `size` numbers and its place, shared among threads where there are many numbers.
pub(crate) fn each_chunk<R: Real>(out: &mut [R], size: usize, f: impl Fn(usize, &mut [R]) + Sync) {
    if out.len() >= sum::PARALLEL_FROM {
        each::chunk(out, size, f);
    } else {
        out.chunks_exact_mut(size).enumerate().for_each(|(k, out)| f(k, out));
    }
}

/// Frames `needed`, of which those from `given.start` to `given.end` are held in `frames`: the earlier ones are
/// forgotten and the later ones asked for.
pub(crate) fn ask<'f, R: Real>(
    frames: &'f mut Vec<R>,
    given: &mut Range<usize>,
    needed: Range<usize>,
    frame: usize,
    give: &mut Give<'_, R>,
) -> &'f [R] {
    // No frame between two runs is left out: no stride is longer than a window.
    frames.resize(given.len() * frame, R::zero());
    frames.copy_within((needed.start - given.start) * frame.., 0);
    frames.resize(needed.len() * frame, R::zero());
    if given.end < needed.end {
        let new = (given.end - needed.start) * frame;
        give(given.end * frame..needed.end * frame, &mut frames[new..]);
    }
    *given = needed;
    frames
}
