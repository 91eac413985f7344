//! What of a census is certainly no flow, and what is merely odd.

use crate::census::{Census, HUGE};
use crate::suspicion::LOUD;
use crate::{AxisOrder, CylinderGeometry, Suspicion};
use equipoise_field::{Axis, Boundary, Grid};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A frame this many times as large as the median, and [`LOUD`] times as large as the frames before and after
/// it, belongs to no flow that its neighbours belong to.
const ISOLATED: f64 = 30.0;

/// A frame this many times as large as the median leaves nothing of the others in f32.
const ABSURD: f64 = 1e6;

/// Frames below which a median says nothing.
const FRAMES: usize = 5;

/// An extreme is apart when it is further from the next number than this many times the range of all the
/// others: no other two are as far from each other.
const APART: f64 = 1.0;

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
                Suspicion::Apart { count, value, far, .. } => {
                    let (repeats, usual) = (*count > 1, is_placeholder(*value));
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
        geometry: Option<&CylinderGeometry>,
    ) -> Vec<Suspicion> {
        let mut all = self.apart(leading);
        all.extend(self.loud(leading));
        all.extend(self.uniform(leading));
        all.extend(self.repeated(leading, order));
        if self.channels.len() > 1 {
            all.extend(self.zero_vectors(leading));
            all.extend(self.fixed_cells(grid, geometry));
        }
        let axes = [Axis::W, Axis::H].into_iter().zip(self.seams()).filter(|(_, seam)| *seam);
        let periodic = grid.boundary == Boundary::Periodic;
        all.extend(axes.map(|(axis, _)| Suspicion::Seam { axis, periodic }));
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
        let stands_alone = |frame: usize, axis: usize| {
            let stride = if axis == 0 { leading[1] } else { 1 };
            let place = frame / stride % leading[axis];
            let before = (place > 0).then(|| ratios[frame - stride]);
            let after = (place + 1 < leading[axis]).then(|| ratios[frame + stride]);
            let mut beside = before.into_iter().chain(after).peekable();
            beside.peek().is_some() && beside.all(|ratio| ratios[frame] > LOUD * ratio)
        };
        loudest(&ratios, leading, |frame, ratio| {
            let alone = match order {
                Some(order) => stands_alone(frame, order.time_axis()),
                None => stands_alone(frame, 0) && stands_alone(frame, 1),
            };
            ratio > ABSURD || ratio > ISOLATED && alone
        })
    }

    /// Frames of 0 after the first of their trajectory, where others are not 0.
    fn never_written(&self, leading: [usize; 2], order: AxisOrder) -> Option<Suspicion> {
        let zero: Vec<usize> = (0..self.words.len()).filter(|frame| self.is_zero(*frame)).collect();
        if zero.len() == self.words.len() {
            return None;
        }
        let late = |frame: &&usize| at(leading, **frame)[order.time_axis()] > 0;
        zero.iter().find(late).map(|_| Suspicion::ZeroFrames {
            count: zero.len(),
            frames: self.words.len(),
            first: at(leading, zero[0]),
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
    fn fixed_cells(&self, grid: &Grid, geometry: Option<&CylinderGeometry>) -> Vec<Suspicion> {
        let (shape, frames) = (self.shape(), self.words.len());
        let border = |cell: usize| {
            let [row, column] = self.cell(cell);
            row == 0 || column == 0 || row + 1 == shape.height || column + 1 == shape.width
        };
        let expected = |cell: usize| {
            let [row, column] = self.cell(cell);
            geometry.is_some_and(|g| g.is_near(row as f64, column as f64))
                || grid.boundary == Boundary::Open && border(cell)
        };
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
