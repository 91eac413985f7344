//! A census of the numbers of a file: what frames, cells, borders and extremes hold.
//!
//! Blocks of lines pass with all their frames, as a [`Survey`](crate::Survey) reads them, so that the memory is
//! that of a few numbers a frame and a cell. The contents of frames and sets of cells are compared by sums of
//! keyed words, which no order of the blocks changes.

use crate::extreme::Extreme;
use crate::fingerprint::mixed;
use crate::mask::Mask;
use crate::recording::block_lines;
use crate::words::fields;
use equipoise_field::{Shape, sum};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// Numbers of this size are no velocities in any unit; netCDF reads 9.97e36 where nothing was written.
pub(crate) const HUGE: f32 = 1e30;

/// Zeros of a channel whose places are kept.
const ZEROS: usize = 1 << 22;

/// What one channel of one frame holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// Σx².
    pub(crate) square: f64,
    /// The least and the greatest number.
    pub(crate) range: [f32; 2],
}

/// What one channel holds in all frames.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) frames: Vec<Tally>,
    /// (frame, cell) of zeros in cells that are not 0 in all frames, the first [`ZEROS`] of them.
    zeros: Vec<(u32, u32)>,
    /// The least and the greatest number; the latter with its sign turned.
    extremes: [Extreme; 2],
    /// Whether each cell is 0 in all frames, and whether it holds one number in all frames.
    pub(crate) zero: Vec<bool>,
    pub(crate) constant: Vec<bool>,
    /// The numbers of the first frame.
    start: Vec<f32>,
    /// Whether the last number of every line is the first, and the range of the first ones.
    columns: (bool, [f32; 2]),
    /// Sums of keyed words of the first and of the last line, and the range of the first.
    lines: ([u64; 2], [f32; 2]),
    /// Whether some column, and some line, differs from the first.
    differs: [bool; 2],
    huge: usize,
    first_huge: Option<(usize, usize)>,
}

fields!(Tally: square, range);
fields!(Channel: frames, zeros, extremes, zero, constant, start, columns, lines, differs, huge, first_huge);

/// Everything that has passed.
#[derive(Clone, Debug)]
pub(crate) struct Census {
    shape: Shape,
    /// The lines that pass: all, or a share of them.
    lines: Range<usize>,
    /// The cells of a frame without a mask.
    open: usize,
    pub(crate) channels: Vec<Channel>,
    /// Sums of keyed words of every frame, all channels together.
    pub(crate) words: Vec<u64>,
}

/// One block of lines of one channel in all frames.
pub(crate) struct Block {
    channel: usize,
    lines: Range<usize>,
    words: Vec<u64>,
    seen: Channel,
}

const NOTHING: [f32; 2] = [f32::INFINITY, f32::NEG_INFINITY];

impl Census {
    /// Of `frames` frames of `shape` (1, C, H, W), before anything has passed.
    pub(crate) fn new(frames: usize, shape: Shape, mask: Option<&Mask>) -> Self {
        Self::of_lines(0..shape.height, frames, shape, mask)
    }

    /// As [`new`](Self::new), where only some lines will pass.
    pub(crate) fn of_lines(lines: Range<usize>, frames: usize, shape: Shape, mask: Option<&Mask>) -> Self {
        let channel = Channel::new(frames, lines.len() * shape.width);
        let open = shape.plane() - mask.map_or(0, Mask::count);
        Self { shape, lines, open, channels: vec![channel; shape.channels], words: vec![0; frames] }
    }

    /// Of an array in memory, (frames, C, H, W).
    pub(crate) fn of(values: &[f32], shape: Shape, mask: Option<&Mask>) -> Self {
        let (frames, unit) = (values.len() / shape.len(), block_lines(shape));
        let blocks: Vec<(usize, Range<usize>)> = (0..shape.channels)
            .flat_map(|c| (0..shape.height).step_by(unit).map(move |h| (c, h..shape.height.min(h + unit))))
            .collect();
        let seen: Vec<Block> = blocks
            .into_par_iter()
            .map(|(channel, lines)| {
                let from = channel * shape.plane() + lines.start * shape.width;
                let width = lines.len() * shape.width;
                let row = |r: usize| &values[r * shape.len() + from..][..width];
                Block::of(shape, (channel, lines), mask, frames, row)
            })
            .collect();
        let mut census = Self::new(frames, shape, mask);
        seen.into_iter().for_each(|block| census.add(block));
        census
    }

    /// Takes a block; those of a channel come in order.
    pub(crate) fn add(&mut self, block: Block) {
        self.put(block.channel, &block.seen, &block.lines);
        self.add_words(&block.words);
    }

    /// Takes what has passed of the lines that come next.
    pub(crate) fn absorb(&mut self, lines: &Range<usize>, channels: &[Channel], words: &[u64]) {
        channels.iter().enumerate().for_each(|(channel, seen)| self.put(channel, seen, lines));
        self.add_words(words);
    }

    fn put(&mut self, channel: usize, seen: &Channel, lines: &Range<usize>) {
        let cell = |line: usize| (line - self.lines.start) * self.shape.width;
        let (first, last) = (lines.start == self.lines.start, lines.end == self.lines.end);
        self.channels[channel].add(seen, cell(lines.start)..cell(lines.end), first, last);
    }

    fn add_words(&mut self, words: &[u64]) {
        self.words.iter_mut().zip(words).for_each(|(sum, words)| *sum = sum.wrapping_add(*words));
    }

    /// Whether what has passed elsewhere of some lines has their numbers of frames and cells.
    pub(crate) fn fits(&self, lines: &Range<usize>, channels: &[Channel], words: &[u64]) -> bool {
        let cells = lines.len() * self.shape.width;
        let whole = |c: &Channel| {
            c.frames.len() == self.words.len()
                && [c.zero.len(), c.constant.len(), c.start.len()] == [cells; 3]
        };
        channels.len() == self.channels.len() && words.len() == self.words.len() && channels.iter().all(whole)
    }

    /// The cells of a frame, H · W.
    pub(crate) fn plane(&self) -> usize {
        self.shape.plane()
    }

    /// The numbers of a channel in cells without a mask.
    pub(crate) fn numbers(&self) -> usize {
        self.words.len() * self.open
    }

    /// (1, C, H, W).
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// How many numbers are [`HUGE`], and (frame, channel, cell) of the first in the order of the file.
    pub(crate) fn huge(&self) -> Option<(usize, (usize, usize, usize))> {
        let firsts = self.channels.iter().enumerate().filter_map(|(c, channel)| {
            let (frame, cell) = channel.first_huge?;
            Some((frame, c, cell))
        });
        Some((self.channels.iter().map(|channel| channel.huge).sum(), firsts.min()?))
    }

    /// Whether a frame holds one number a channel.
    pub(crate) fn is_uniform(&self, frame: usize) -> bool {
        self.channels.iter().map(|channel| channel.frames[frame].range).all(|[low, high]| low >= high)
    }

    /// Whether a frame holds nothing but 0.
    pub(crate) fn is_zero(&self, frame: usize) -> bool {
        self.channels.iter().all(|channel| channel.frames[frame].range.iter().all(|x| *x == 0.0))
    }

    /// (frame, cell) of every vector that is 0 in a cell where other frames are not, in order, and whether
    /// there may be more. Frames that are 0 throughout do not count.
    pub(crate) fn scattered(&self) -> (Vec<(u32, u32)>, bool) {
        let sets = self.channels[1..].iter().map(|c| c.zeros.iter().copied().collect::<HashSet<_>>());
        let sets: Vec<HashSet<(u32, u32)>> = sets.collect();
        let in_all = |at: &&(u32, u32)| sets.iter().all(|set| set.contains(at));
        let vectors = self.channels[0].zeros.iter().filter(in_all).copied();
        let mut vectors: Vec<_> = vectors.filter(|(frame, _)| !self.is_zero(*frame as usize)).collect();
        vectors.sort_unstable();
        (vectors, self.channels.iter().any(|c| c.zeros.len() == ZEROS))
    }

    /// Whether each cell has a property in every channel.
    pub(crate) fn cells(&self, of: impl Fn(&Channel) -> &[bool]) -> Vec<bool> {
        (0..self.plane()).map(|cell| self.channels.iter().all(|channel| of(channel)[cell])).collect()
    }

    /// Whether the last column, and the last line, hold the numbers of the first, which vary, and others differ.
    pub(crate) fn seams(&self) -> [bool; 2] {
        let varies = |of: fn(&Channel) -> [f32; 2]| self.channels.iter().any(|c| of(c)[0] < of(c)[1]);
        let lines = self.channels.iter().all(|c| c.lines.0[0] == c.lines.0[1]) && varies(|c| c.lines.1);
        let columns = self.channels.iter().all(|c| c.columns.0) && varies(|c| c.columns.1);
        // Of two points of an axis no one would say that the last is the first.
        let differ = [0, 1].map(|axis| self.channels.iter().any(|c| c.differs[axis]));
        [columns && differ[0] && self.shape.width > 2, lines && differ[1] && self.shape.height > 2]
    }
}

impl Channel {
    fn new(frames: usize, cells: usize) -> Self {
        Self {
            frames: vec![Tally { square: 0.0, range: NOTHING }; frames],
            zeros: Vec::new(),
            extremes: [Extreme::NONE; 2],
            zero: vec![false; cells],
            constant: vec![false; cells],
            start: vec![0.0; cells],
            columns: (true, NOTHING),
            lines: ([0; 2], NOTHING),
            differs: [false; 2],
            huge: 0,
            first_huge: None,
        }
    }

    /// The least and the greatest number.
    pub(crate) fn extremes(&self) -> [Extreme; 2] {
        let [low, high] = self.extremes;
        [low, Extreme { value: -high.value, next: -high.next, ..high }]
    }

    /// How often a number stands in cells that hold it in all frames, of which there are several.
    pub(crate) fn standing(&self, value: f32) -> usize {
        let frames = if self.frames.len() > 1 { self.frames.len() } else { 0 };
        let stands = |(fixed, x): &(&bool, &f32)| **fixed && x.to_bits() == value.to_bits();
        frames * self.constant.iter().zip(&self.start).filter(stands).count()
    }

    fn add(&mut self, block: &Self, cells: Range<usize>, first: bool, last: bool) {
        for (frame, seen) in self.frames.iter_mut().zip(&block.frames) {
            frame.square += seen.square;
            frame.range = union(frame.range, seen.range);
        }
        self.zeros.extend(block.zeros.iter().take(ZEROS - self.zeros.len()));
        for (all, seen) in self.extremes.iter_mut().zip(block.extremes) {
            *all = all.and(seen);
        }
        self.zero[cells.clone()].copy_from_slice(&block.zero);
        self.constant[cells.clone()].copy_from_slice(&block.constant);
        self.start[cells].copy_from_slice(&block.start);
        self.columns = (self.columns.0 && block.columns.0, union(self.columns.1, block.columns.1));
        if first {
            (self.lines.0[0], self.lines.1) = (block.lines.0[0], block.lines.1);
        }
        self.differs[0] |= block.differs[0];
        self.differs[1] |= block.differs[1] || self.lines.0[0] != block.lines.0[0];
        if last {
            self.lines.0[1] = block.lines.0[1];
        }
        self.huge += block.huge;
        self.first_huge = [self.first_huge, block.first_huge].into_iter().flatten().min();
    }
}

impl Block {
    /// Of lines of one channel, given the numbers of every frame in them.
    ///
    /// What fills masked cells is no number of theirs: here they hold NaN. Borders and keyed words take the fill,
    /// which is the same in all frames.
    pub(crate) fn of<'a>(
        shape: Shape,
        (channel, lines): (usize, Range<usize>),
        mask: Option<&Mask>,
        frames: usize,
        row: impl Fn(usize) -> &'a [f32],
    ) -> Self {
        let from = lines.start * shape.width;
        let cells = mask.map(|mask| &mask.cells()[from..lines.end * shape.width]);
        let cells = cells.filter(|cells| cells.contains(&true));
        let hidden = cells.map_or(0, |cells| cells.iter().filter(|hidden| **hidden).count());
        let seen_of = |r: usize| match cells {
            None => Cow::Borrowed(row(r)),
            Some(cells) => {
                row(r).iter().zip(cells).map(|(x, hidden)| if *hidden { f32::NAN } else { *x }).collect()
            }
        };
        let mut seen = Channel::new(frames, lines.len() * shape.width);
        let offset = (channel * shape.plane() + from) as u64;
        let keys: Vec<u64> = (0..seen.zero.len() as u64).map(|i| mixed(offset + i) | 1).collect();
        let (mut words, mut zeros) = (vec![0; frames], vec![0u32; seen.zero.len()]);
        seen.constant.fill(true);
        let start = seen_of(0);
        seen.start.copy_from_slice(&start);
        for r in 0..frames {
            let (values, filled) = (&*seen_of(r), row(r));
            let (low, high, bad) = sum::range(values);
            seen.frames[r].square =
                match hidden {
                    0 => sum::squared_norm(values),
                    _ => sum::of(values.len(), |i| {
                        if values[i].is_nan() { 0.0 } else { f64::from(values[i]).powi(2) }
                    }),
                };
            seen.frames[r].range = [low as f32, high as f32];
            words[r] = keyed(filled, &keys);
            zeros.iter_mut().zip(values).for_each(|(n, x)| *n += u32::from(*x == 0.0));
            let same = seen.constant.iter_mut().zip(values).zip(&*start);
            same.for_each(|((all, x), first)| *all &= x.to_bits() == first.to_bits());
            if bad == hidden && low.abs().max(high.abs()) >= f64::from(HUGE) {
                seen.count_huge(r, values, from);
            }
        }
        seen.zero = zeros.iter().map(|n| *n as usize == frames).collect();
        seen.find_zeros(&zeros, from, &row);
        seen.find_extremes(from, seen_of);
        seen.look_at_borders(shape, &lines, &row);
        Self { channel, lines, words, seen }
    }
}

impl Channel {
    fn count_huge(&mut self, r: usize, values: &[f32], from: usize) {
        let huge = |x: &&f32| x.abs() >= HUGE;
        self.huge += values.iter().filter(huge).count();
        let first = values.iter().position(|x| huge(&x)).map(|i| (r, from + i));
        self.first_huge = self.first_huge.or(first);
    }

    /// Zeros in cells that are not 0 in all frames.
    fn find_zeros<'a>(&mut self, zeros: &[u32], from: usize, row: &impl Fn(usize) -> &'a [f32]) {
        let frames = self.frames.len();
        let cells = (0..zeros.len()).filter(|i| zeros[*i] > 0 && (zeros[*i] as usize) < frames);
        let found = cells.flat_map(|i| {
            (0..frames).filter(move |r| row(*r)[i] == 0.0).map(move |r| (r as u32, (from + i) as u32))
        });
        self.zeros = found.take(ZEROS).collect();
    }

    fn find_extremes<'a>(&mut self, from: usize, row: impl Fn(usize) -> Cow<'a, [f32]>) {
        for (end, sign) in [1.0, -1.0].into_iter().enumerate() {
            let least: Vec<f32> = self.frames.iter().map(|frame| sign * frame.range[end]).collect();
            let found = Extreme::of(&least, &row, sign);
            self.extremes[end] =
                Extreme { first: (found.first.0, from.saturating_add(found.first.1)), ..found };
        }
    }

    fn look_at_borders<'a>(&mut self, shape: Shape, lines: &Range<usize>, row: &impl Fn(usize) -> &'a [f32]) {
        let width = shape.width;
        for r in 0..self.frames.len() {
            for line in row(r).chunks(width) {
                self.columns.0 &= line[0].to_bits() == line[width - 1].to_bits();
                self.columns.1 = union(self.columns.1, [line[0]; 2]);
                self.differs[0] = self.differs[0] || line.iter().any(|x| x.to_bits() != line[0].to_bits());
                self.differs[1] =
                    self.differs[1] || !line.iter().zip(row(r)).all(|(x, y)| x.to_bits() == y.to_bits());
            }
            let keys: [Option<&[f32]>; 2] = [
                Some(&row(r)[..width]),
                (lines.end == shape.height).then(|| &row(r)[(lines.len() - 1) * width..]),
            ];
            for (sum, line) in self.lines.0.iter_mut().zip(keys) {
                let Some(line) = line else { continue };
                let word = |(i, x): (usize, &f32)| {
                    (mixed((r * width + i) as u64) | 1).wrapping_mul(u64::from(x.to_bits()))
                };
                *sum = line.iter().enumerate().map(word).fold(*sum, u64::wrapping_add);
            }
            if lines.start == 0 {
                self.lines.1 = row(r)[..width].iter().fold(self.lines.1, |range, x| union(range, [*x; 2]));
            }
        }
    }
}

fn union(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0].min(b[0]), a[1].max(b[1])]
}

/// Σ kᵢ·bits(xᵢ) modulo 2⁶⁴: a multilinear hash. Two different frames meet with a probability of at most 2⁻³¹.
fn keyed(values: &[f32], keys: &[u64]) -> u64 {
    values
        .iter()
        .zip(keys)
        .fold(0, |sum: u64, (x, key)| sum.wrapping_add(key.wrapping_mul(u64::from(x.to_bits()))))
}
