//! What of a census is certainly no flow, and what is merely odd.

use crate::census::{Census, HUGE};
use crate::suspicion::LOUD;
use crate::{AxisOrder, Suspicion};
use equipoise_field::{Axis, Boundary, Grid};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A frame this many times as large as the median, and [`LOUD`] times as large as the frames before and after
/// it, belongs to no flow that its neighbours belong to.
const ISOLATED: f64 = 30.0;

/// A frame beside one that is more than this many times as large as the next one is part of a growth or a decay.
const STEEP: f64 = 3.0;

/// A frame this many times as large as the median leaves nothing of the others in f32.
const ABSURD: f64 = 1e6;

/// Frames below which a median says nothing.
const FRAMES: usize = 5;

/// An extreme is apart when it is further from the next number than this many times the range of all the
/// others: no other two are as far from each other.
const APART: f64 = 1.0;

/// An extreme that repeats this often, and in this part of the numbers of its channel, was cut off or stands in.
const REPEATS: (usize, f64) = (8, 0.005);

/// A number that programs put where there is none, that repeats, and is further away than this many times that
/// range is no velocity.
const CLEARLY: f64 = 3.0;

/// One of which either is so and that is further away than this many times that range is no velocity.
const UNMISTAKABLE: f64 = 100.0;

impl Census {
    /// What is certainly no velocity, whatever the order of the axes, and what stands out so far that the axis
    /// audit means nothing.
    pub(crate) fn refusal(&self, leading: [usize; 2], order: Option<AxisOrder>) -> Option<Suspicion> {
        let apart = || {
            let placeholder = |s: &Suspicion| match s {
                Suspicion::Apart { count, first, value, far, .. } => {
                    let usual = is_placeholder(*value);
                    // An inflow or a wall stands in the same cells of all frames.
                    let repeats = *count > self.channels[first[2]].standing(*value);
                    let repeats = *count > 1 && (repeats || usual);
                    *far > UNMISTAKABLE && (repeats || usual) || *far > CLEARLY && repeats && usual
                }
                _ => false,
            };
            self.apart(leading).into_iter().find(placeholder)
        };
        let zero = || self.never_written(leading, order?);
        self.too_large(leading).or_else(apart).or_else(|| self.isolated(leading, order)).or_else(zero)
    }

    /// What is merely odd.
    pub(crate) fn warnings(
        &self,
        leading: [usize; 2],
        order: AxisOrder,
        grid: &Grid,
        near: &[bool],
    ) -> Vec<Suspicion> {
        let mut all = self.apart(leading);
        all.extend(self.clipped(leading));
        all.extend(self.loud(leading));
        all.extend(self.uniform(leading));
        all.extend(self.repeated(leading, order));
        if self.channels.len() > 1 {
            all.extend(self.zero_vectors(leading));
            all.extend(self.fixed_cells(grid, near));
        }
        if grid.boundary == Boundary::Periodic {
            let axes = [Axis::W, Axis::H].into_iter().zip(self.seams()).filter(|(_, seam)| *seam);
            all.extend(axes.map(|(axis, _)| Suspicion::Seam { axis }));
        }
        let (channels, few) = (self.channels.len(), |axis: &usize| (2..=3).contains(&leading[*axis]));
        let many = [1, 0].into_iter().find(few).filter(|_| channels > 3);
        all.extend(many.map(|axis| Suspicion::ManyChannels { axis, length: leading[axis], channels }));
        all
    }

    fn index(&self, leading: [usize; 2], (frame, channel, cell): (usize, usize, usize)) -> [usize; 5] {
        let ([a, b], [row, column]) = (at(leading, frame), self.cell(cell));
        [a, b, channel, row, column]
    }

    fn cell(&self, cell: usize) -> [usize; 2] {
        [cell / self.shape().width, cell % self.shape().width]
    }

    fn too_large(&self, leading: [usize; 2]) -> Option<Suspicion> {
        let (count, (frame, channel, cell)) = self.huge()?;
        let [low, high] = self.channels[channel].frames[frame].range;
        let value = if high >= HUGE { high } else { low };
        Some(Suspicion::Huge { count, first: self.index(leading, (frame, channel, cell)), value })
    }

    fn apart(&self, leading: [usize; 2]) -> Vec<Suspicion> {
        let mut all = Vec::new();
        for (channel, found) in self.channels.iter().enumerate() {
            let [low, high] = found.extremes();
            for (extreme, other) in [(low, high.value), (high, low.value)] {
                let [value, next, other] = [extreme.value, extreme.next, other].map(f64::from);
                let far = (value - next).abs() / (next - other).abs();
                if far.is_finite() && far > APART {
                    let (frame, cell) = extreme.first;
                    all.push(Suspicion::Apart {
                        count: extreme.count,
                        first: self.index(leading, (frame, channel, cell)),
                        value: extreme.value,
                        next: extreme.next,
                        far,
                    });
                }
            }
        }
        all
    }

    /// Extremes that repeat, but for 0 and for cells that hold one number in all frames.
    fn clipped(&self, leading: [usize; 2]) -> Vec<Suspicion> {
        let numbers = self.numbers();
        let mut all = Vec::new();
        for (channel, found) in self.channels.iter().enumerate() {
            let [low, high] = found.extremes();
            if low.value >= high.value || self.words.len() < 2 {
                continue;
            }
            for (extreme, other) in [(low, high), (high, low)] {
                let apart = (extreme.value - extreme.next).abs() > (extreme.next - other.value).abs();
                let count = extreme.count.saturating_sub(found.standing(extreme.value));
                let many = count >= REPEATS.0 && count as f64 >= REPEATS.1 * numbers as f64;
                if many && !apart && extreme.value != 0.0 {
                    let ((frame, cell), value) = (extreme.first, extreme.value);
                    let first = self.index(leading, (frame, channel, cell));
                    all.push(Suspicion::Clipped { count: extreme.count, numbers, first, value });
                }
            }
        }
        all
    }

    /// How many times as large as the median each frame is: the greater of its size and its range.
    fn loudness(&self) -> Vec<f64> {
        let frames = self.words.len();
        let mut ratios = vec![0.0f64; frames];
        if frames < FRAMES {
            return ratios;
        }
        for channel in &self.channels {
            let size: Vec<f64> = channel.frames.iter().map(|t| t.square.sqrt()).collect();
            let range =
                channel.frames.iter().map(|t| f64::from(t.range[1]) - f64::from(t.range[0])).collect();
            for of in [size, range] {
                let median = median(&of);
                if median > 0.0 {
                    ratios.iter_mut().zip(of).for_each(|(ratio, x)| *ratio = ratio.max(x / median));
                }
            }
        }
        ratios
    }

    fn loud(&self, leading: [usize; 2]) -> Option<Suspicion> {
        loudest(&self.loudness(), leading, |_, ratio| ratio > LOUD)
    }

    fn isolated(&self, leading: [usize; 2], order: Option<AxisOrder>) -> Option<Suspicion> {
        let ratios = self.loudness();
        let sides = |frame, axis| beside(&ratios, leading, axis, frame);
        let stands_alone = |frame: usize, axis: usize| {
            let sides = sides(frame, axis);
            let lone = |[near, next]: &[f64; 2]| ratios[frame] > LOUD * near && *near <= STEEP * next;
            !sides.is_empty() && sides.iter().all(lone)
        };
        let geometric = |frame: usize, axis: usize| {
            // The step to this frame is at most twice, as a logarithm, the step before it.
            let grows = |[near, next]: &[f64; 2]| {
                near > &(STEEP * next) && (ratios[frame] / near).ln() <= 2.0 * (near / next).ln()
            };
            sides(frame, axis).iter().any(grows)
        };
        loudest(&ratios, leading, |frame, ratio| {
            let (alone, part) = match order.map(AxisOrder::time_axis) {
                Some(axis) => (stands_alone(frame, axis), geometric(frame, axis)),
                None => (
                    stands_alone(frame, 0) && stands_alone(frame, 1),
                    geometric(frame, 0) || geometric(frame, 1),
                ),
            };
            ratio > ABSURD && !part || ratio > ISOLATED && alone
        })
    }

    /// Frames of 0 after another frame of their trajectory, and whole trajectories of 0 at the end of the file.
    fn never_written(&self, leading: [usize; 2], order: AxisOrder) -> Option<Suspicion> {
        let time = order.time_axis();
        let stride = |axis: usize| if axis == 0 { leading[1] } else { 1 };
        let frame = |n: usize, t: usize| n * stride(1 - time) + t * stride(time);
        let begins = |n: usize| (0..leading[time]).find(|t| !self.is_zero(frame(n, *t)));
        let begins: Vec<Option<usize>> = (0..leading[1 - time]).map(begins).collect();
        let written = begins.iter().rposition(Option::is_some)? + 1;
        let never = |frame: &usize| {
            let place = at(leading, *frame);
            let begun = begins[place[1 - time]].is_some_and(|t| place[time] > t);
            self.is_zero(*frame) && (begun || place[1 - time] >= written)
        };
        let never: Vec<usize> = (0..self.words.len()).filter(never).collect();
        Some(Suspicion::ZeroFrames {
            count: never.len(),
            frames: self.words.len(),
            first: at(leading, *never.first()?),
        })
    }

    fn uniform(&self, leading: [usize; 2]) -> Vec<Suspicion> {
        let frames = self.words.len();
        let of = |kind: &dyn Fn(usize) -> bool| {
            let all: Vec<usize> = (0..frames).filter(|frame| kind(*frame)).collect();
            all.first().map(|first| (all.len(), at(leading, *first)))
        };
        let zero = of(&|frame| self.is_zero(frame));
        let other = of(&|frame| self.is_uniform(frame) && !self.is_zero(frame));
        let zero = zero.map(|(count, first)| Suspicion::ZeroFrames { count, frames, first });
        let other = other.map(|(count, first)| Suspicion::UniformFrames { count, frames, first });
        zero.into_iter().chain(other).collect()
    }

    fn repeated(&self, leading: [usize; 2], order: AxisOrder) -> Option<Suspicion> {
        let frames = self.words.len();
        let mut seen: HashMap<u64, usize> = HashMap::new();
        let mut original = vec![None; frames];
        for frame in (0..frames).filter(|frame| !self.is_uniform(*frame)) {
            match seen.entry(self.words[frame]) {
                Entry::Occupied(first) => original[frame] = Some(*first.get()),
                Entry::Vacant(place) => {
                    place.insert(frame);
                }
            }
        }
        let count = original.iter().flatten().count();
        let first = original.iter().position(Option::is_some)?;
        if let Some(series) = self.repeated_series(leading, order, count) {
            return Some(series);
        }
        let (first, original) = (at(leading, first), at(leading, original[first]?));
        Some(Suspicion::RepeatedFrames { count, frames, first, original })
    }

    /// Whole trajectories that repeat others, where they are all that repeats.
    fn repeated_series(&self, leading: [usize; 2], order: AxisOrder, count: usize) -> Option<Suspicion> {
        let time = order.time_axis();
        let (trajectories, length) = (leading[1 - time], leading[time]);
        let words = |n: usize| -> Vec<u64> {
            let stride = if time == 0 { leading[1] } else { 1 };
            let from = if time == 0 { n } else { n * length };
            (0..length).map(|t| self.words[from + t * stride]).collect()
        };
        let (mut seen, mut copies): (HashMap<Vec<u64>, usize>, _) = (HashMap::new(), Vec::new());
        for n in 0..trajectories {
            let first = *seen.entry(words(n)).or_insert(n);
            if first != n {
                copies.push((n, first));
            }
        }
        let (first, original) = *copies.first()?;
        (length > 1 && copies.len() * length == count).then_some(Suspicion::RepeatedSeries {
            count: copies.len(),
            trajectories,
            first,
            original,
        })
    }

    fn zero_vectors(&self, leading: [usize; 2]) -> Option<Suspicion> {
        let (vectors, more) = self.scattered();
        let (frame, cell) = *vectors.first()?;
        let mut frames: Vec<u32> = vectors.iter().map(|(frame, _)| *frame).collect();
        frames.dedup();
        Some(Suspicion::ZeroVectors {
            count: vectors.len(),
            more,
            frames: frames.len(),
            first: at(leading, frame as usize),
            cell: self.cell(cell as usize),
        })
    }

    /// Cells that never change, but for walls and solids.
    fn fixed_cells(&self, grid: &Grid, near: &[bool]) -> Vec<Suspicion> {
        let (shape, frames) = (self.shape(), self.words.len());
        let border = |cell: usize| {
            let [row, column] = self.cell(cell);
            row == 0 || column == 0 || row + 1 == shape.height || column + 1 == shape.width
        };
        let expected = |cell: usize| near[cell] || grid.boundary == Boundary::Open && border(cell);
        let zero = self.cells(|channel| &channel.zero);
        let fixed = self.cells(|channel| &channel.constant);
        let of = |has: &dyn Fn(usize) -> bool| {
            let all: Vec<usize> = (0..shape.plane()).filter(|c| has(*c) && !expected(*c)).collect();
            let first = self.cell(*all.first()?);
            (all.len() < shape.plane()).then_some((all.len(), first))
        };
        let cells = shape.plane();
        let solid = of(&|c| zero[c]).map(|(count, first)| Suspicion::ZeroCells { count, cells, first });
        let other =
            of(&|c| fixed[c] && !zero[c]).map(|(count, first)| Suspicion::FixedCells { count, cells, first });
        if frames > 1 { solid.into_iter().chain(other).collect() } else { Vec::new() }
    }
}

/// For each side of a frame along an axis: the frame beside it and the one behind that, or itself again where
/// there is none.
fn beside(ratios: &[f64], leading: [usize; 2], axis: usize, frame: usize) -> Vec<[f64; 2]> {
    let stride = if axis == 0 { leading[1] } else { 1 };
    let place = frame / stride % leading[axis];
    let before =
        (place > 0).then(|| [frame - stride, if place > 1 { frame - 2 * stride } else { frame - stride }]);
    let room = leading[axis] - place;
    let after =
        (room > 1).then(|| [frame + stride, if room > 2 { frame + 2 * stride } else { frame + stride }]);
    before.into_iter().chain(after).map(|pair| pair.map(|frame| ratios[frame])).collect()
}

fn at(leading: [usize; 2], frame: usize) -> [usize; 2] {
    [frame / leading[1], frame % leading[1]]
}

/// Whether a number looks like those that programs put where there is none: −999, 9999, −32768, 1e20.
fn is_placeholder(value: f32) -> bool {
    let size = value.abs();
    let nines = |n: i32| (10.0f32.powi(n) - size).abs() <= 1.0;
    size >= 1e10 || [32767.0, 32768.0, 65535.0].contains(&size) || (2..10).any(nines)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    let middle = sorted.len() / 2;
    *sorted.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn loudest(ratios: &[f64], leading: [usize; 2], which: impl Fn(usize, f64) -> bool) -> Option<Suspicion> {
    let found = ratios.iter().enumerate().filter(|(frame, ratio)| which(*frame, **ratio));
    let (frame, ratio) = found.max_by(|a, b| a.1.total_cmp(b.1))?;
    let count = ratios.iter().filter(|ratio| **ratio > LOUD).count();
    Some(Suspicion::Loud { count, frames: ratios.len(), loudest: at(leading, frame), ratio: *ratio })
}
