//! The first look at a recording, line by line: whether its numbers are what it declares, and the sums
//! that normalizers need.

use crate::census::{self, Census};
use crate::continuity::{self, beyond_rounding, neighbours};
use crate::load::{self, Frame};
use crate::measured::Measured;
use crate::statistics::ChannelStatistics;
use crate::words::{Words, fields};
use crate::{Audit, AxisOrder, CylinderGeometry, Lines, Mask, Recording, Result, Suspicion};
use equipoise_field::{Axis, sum};
use rayon::prelude::*;
use std::ops::Range;

/// Sums over the portions of a recording that have passed.
///
/// Sums run in `f64` over blocks of lines, in an order that does not depend on the portions.
#[derive(Debug)]
pub struct Survey<'a> {
    recording: &'a Recording,
    /// The axis along which profiles vary.
    along: Axis,
    channels: Vec<Sums>,
    /// The cells that count, and how many of them stand at each index along the profile's axis.
    cells: (usize, Vec<f64>),
    census: Census,
}

/// Sums of one channel, or of a block of its lines, about the channel's first number.
#[derive(Clone, Debug, Default)]
struct Sums {
    reference: Option<f64>,
    /// Σ(x − x₀) by index along the profile's axis.
    profile: Vec<f64>,
    square: f64,
    range: (f64, f64),
    squares: [f64; 2],
    about_mean: f64,
    mean_square: f64,
    non_finite: usize,
    first: Option<(usize, f32)>,
}

fields!(Sums: reference, profile, square, range, squares, about_mean, mean_square, non_finite, first);

impl Sums {
    fn new(bins: usize) -> Self {
        Self { profile: vec![0.0; bins], range: (f64::INFINITY, f64::NEG_INFINITY), ..Self::default() }
    }

    /// Adds a block whose profile begins at an index.
    fn add(&mut self, block: &Self, first: usize) {
        self.profile[first..].iter_mut().zip(&block.profile).for_each(|(sum, x)| *sum += x);
        self.square += block.square;
        self.range = (self.range.0.min(block.range.0), self.range.1.max(block.range.1));
        (0..2).for_each(|axis| self.squares[axis] += block.squares[axis]);
        self.about_mean += block.about_mean;
        self.mean_square += block.mean_square;
        self.non_finite += block.non_finite;
        self.first = [self.first, block.first].into_iter().flatten().min_by_key(|f| f.0);
    }
}

/// What a recording turned out to be.
#[derive(Clone, Debug)]
pub struct Surveyed {
    pub(crate) along: Axis,
    /// The mean of every channel by index along the profile's axis, physical units.
    pub(crate) profiles: Vec<Vec<f64>>,
    /// Mean and population variance of every channel, and the variance about its profile.
    pub(crate) moments: Vec<[f64; 3]>,
    /// The order used.
    pub order: AxisOrder,
    /// The axis audit.
    pub audit: Audit,
    /// The cylinder of a wake, when the file describes one.
    pub geometry: Option<CylinderGeometry>,
    /// The cells that hold no flow, where a mask beside the field says so.
    pub mask: Option<Mask>,
    /// Every default and override that went into reading the file, one sentence each.
    pub notes: Vec<String>,
    /// What is odd about the numbers.
    pub warnings: Vec<Suspicion>,
}

impl Surveyed {
    /// N trajectories of T frames.
    pub fn extent(&self) -> (usize, usize) {
        let [a, b, ..] = self.audit.shape;
        if self.order.time_axis() == 1 { (a, b) } else { (b, a) }
    }
}

impl<'a> Survey<'a> {
    /// Nothing seen yet.
    pub fn new(recording: &'a Recording) -> Self {
        let (along, cells) = (recording.grid().y_axis(), cells(recording));
        let channels = vec![Sums::new(cells.1.len()); recording.frame().channels];
        let census = Census::new(recording.frames(), recording.frame(), recording.mask());
        Self { recording, along, channels, cells, census }
    }

    /// Of some lines alone, of which [`words`](Self::words) tell the survey of the whole recording.
    ///
    /// # Errors
    /// Of reading one number a channel: sums are taken about the first ones, whoever sums.
    pub fn of_lines(recording: &'a Recording, lines: Range<usize>) -> Result<Self> {
        let mut survey = Self::new(recording);
        for (sums, first) in survey.channels.iter_mut().zip(recording.first()?) {
            sums.reference = Some(f64::from(first));
        }
        survey.census = Census::of_lines(lines, recording.frames(), recording.frame(), recording.mask());
        Ok(survey)
    }

    /// All that was seen, for a file.
    pub fn words(&self) -> Vec<u64> {
        let mut words = Vec::new();
        self.channels.put(&mut words);
        self.census.channels.put(&mut words);
        self.census.words.put(&mut words);
        words
    }

    /// Takes what a survey [of the lines](Self::of_lines) that come next has seen; false, and nothing taken, where the
    /// words are not those of these lines.
    pub fn absorb(&mut self, lines: &Range<usize>, words: &[u64]) -> bool {
        let mut words = words;
        let taken = (
            Vec::<Sums>::take(&mut words),
            Vec::<census::Channel>::take(&mut words),
            Vec::<u64>::take(&mut words),
        );
        let (Some(sums), Some(channels), Some(keyed)) = taken else { return false };
        let bins = |(own, other): (&Sums, &Sums)| own.profile.len() == other.profile.len();
        let same = sums.len() == self.channels.len() && self.channels.iter().zip(&sums).all(bins);
        if !words.is_empty() || !same || !self.census.fits(lines, &channels, &keyed) {
            return false;
        }
        for (own, other) in self.channels.iter_mut().zip(&sums) {
            own.reference = own.reference.or(other.reference);
            own.add(other, 0);
        }
        self.census.absorb(lines, &channels, &keyed);
        true
    }

    /// Looks at a portion; those of a channel come in order, each once.
    ///
    /// # Panics
    /// If a portion is not one of this recording's.
    pub fn add(&mut self, portion: &Lines) {
        portion.channels.clone().for_each(|channel| self.add_channel(portion, channel));
    }

    fn add_channel(&mut self, portion: &Lines, channel: usize) {
        let reference = *self.channels[channel].reference.get_or_insert(f64::from(portion.of(channel).0[0]));
        let lines = portion.lines.clone();
        let blocks: Vec<Range<usize>> = lines
            .clone()
            .step_by(self.recording.block_lines())
            .map(|first| first..lines.end.min(first + self.recording.block_lines()))
            .collect();
        let seen: Vec<(Sums, census::Block)> =
            blocks.par_iter().map(|block| self.block(portion, channel, block, reference)).collect();
        for (lines, (sums, census)) in blocks.iter().zip(seen) {
            self.channels[channel].add(&sums, if self.along == Axis::H { lines.start } else { 0 });
            self.census.add(census);
        }
    }

    fn block(
        &self,
        portion: &Lines,
        channel: usize,
        lines: &Range<usize>,
        reference: f64,
    ) -> (Sums, census::Block) {
        let shape = self.recording.frame();
        let (rows, (numbers, pitch)) = (self.recording.frames(), portion.of(channel));
        let from = (lines.start - portion.lines.start) * shape.width;
        let width = lines.len() * shape.width;
        let row = |r: usize| &numbers[r * pitch + from..][..width];
        let mut block = Sums::new(if self.along == Axis::H { lines.len() } else { shape.width });
        let mut column = vec![0.0f64; width];
        let mut about_first = 0.0;
        for r in 0..rows {
            let values = row(r);
            for line in values.chunks(shape.width).enumerate() {
                self.add_line(line, reference, &mut block.profile);
            }
            block.square += sum::of(width, |i| (f64::from(values[i]) - reference).powi(2));
            block.mean_square += sum::squared_norm(values);
            about_first += sum::squared_distance(values, row(0));
            column
                .iter_mut()
                .zip(values)
                .zip(row(0))
                .for_each(|((c, x), x0)| *c += f64::from(*x) - f64::from(*x0));
            let (low, high, bad) = sum::range(values);
            block.range = (block.range.0.min(low), block.range.1.max(high));
            block.non_finite += bad;
            if bad > 0 && block.first.is_none() {
                let at = values.iter().position(|x| !x.is_finite());
                let index =
                    |i: usize| (r * shape.channels + channel) * shape.plane() + lines.start * shape.width + i;
                block.first = at.map(|i| (index(i), values[i]));
            }
        }
        block.about_mean = about_first - sum::squared_norm(&column) / rows as f64;
        for (axis, squares) in block.squares.iter_mut().enumerate() {
            let pairs = neighbours(self.recording.leading(), axis);
            *squares = pairs.map(|(s, next)| sum::squared_distance(row(s), row(next))).sum();
        }
        let mask = self.recording.mask();
        (block, census::Block::of(shape, (channel, lines.clone()), mask, rows, row))
    }

    fn add_line(&self, (h, line): (usize, &[f32]), reference: f64, profile: &mut [f64]) {
        if self.along == Axis::H {
            profile[h] += sum::of(line.len(), |i| f64::from(line[i]) - reference);
        } else {
            profile.iter_mut().zip(line).for_each(|(sum, x)| *sum += f64::from(*x) - reference);
        }
    }

    /// Checks and decides what [`load`](crate::load) does, after every portion has passed.
    ///
    /// # Errors
    /// As [`load`](crate::load).
    pub fn finish(self) -> Result<Surveyed> {
        let (header, frame) = (self.recording.header(), self.recording.frame());
        // Masked cells hold the number that sums are taken about: only counts need to know of them.
        let (rows, (open, bins)) = (self.recording.frames(), &self.cells);
        let (points, most) = ((rows * open) as f64, bins.iter().copied().fold(0.0, f64::max));
        let mut surveyed: Vec<(Vec<f64>, [f64; 3])> = Vec::new();
        for sums in &self.channels {
            let reference = sums.reference.unwrap_or(f64::NAN);
            let mean = sums.profile.iter().sum::<f64>() / points;
            let of_bin = |(s, n): (&f64, &f64)| if *n > 0.0 { s / (rows as f64 * n) } else { mean };
            let about: Vec<f64> = sums.profile.iter().zip(bins).map(of_bin).collect();
            let mean_square = sums.square / points;
            let weighted = |(m, n): (&f64, &f64)| m * m * (n / most);
            let profile_square = about.iter().zip(bins).map(weighted).sum::<f64>() / (*open as f64 / most);
            let moments = [
                reference + mean,
                resolved(mean_square - mean * mean, mean_square),
                resolved(mean_square - profile_square, mean_square),
            ];
            surveyed.push((about.iter().map(|m| reference + m).collect(), moments));
        }
        let total = |of: fn(&Sums) -> f64| self.channels.iter().map(of).sum::<f64>();
        let variance = (rows > 1).then(|| total(|c| c.about_mean) / ((rows - 1) * frame.len()) as f64);
        let mean_square = total(|c| c.mean_square) / (rows * frame.len()) as f64;
        let variance = variance.and_then(|v| beyond_rounding(v, mean_square));
        let squares = [total(|c| c.squares[0]), total(|c| c.squares[1])];
        let measured = Measured {
            candidates: continuity::from_sums(squares, variance, header.leading(), frame.len(), header.order),
            channels: self
                .channels
                .iter()
                .zip(&surveyed)
                .map(|(sums, (_, moments))| statistics(sums, moments))
                .collect(),
            census: self.census,
            some: self.recording.some()?,
            non_finite: self.channels.iter().map(|sums| sums.non_finite).sum(),
            first_non_finite: self.channels.iter().filter_map(|sums| sums.first).min_by_key(|f| f.0),
        };
        let (audit, checked) =
            load::examine(self.recording.path(), header, &measured, &self.recording.options);
        let (order, _, Frame { geometry, mask, notes, warnings, .. }) = checked?;
        let (profiles, moments) = surveyed.into_iter().unzip();
        Ok(Surveyed { along: self.along, profiles, moments, order, audit, geometry, mask, notes, warnings })
    }
}

/// The cells without a mask, in all and at each index along the axis y.
fn cells(recording: &Recording) -> (usize, Vec<f64>) {
    let (shape, along) = (recording.frame(), recording.grid().y_axis());
    let length = if along == Axis::H { shape.height } else { shape.width };
    let mut bins = vec![0.0; length];
    for i in 0..shape.plane() {
        let (h, w) = (i / shape.width, i % shape.width);
        if !recording.mask().is_some_and(|mask| mask.hides(h, w)) {
            bins[if along == Axis::H { h } else { w }] += 1.0;
        }
    }
    (bins.iter().sum::<f64>() as usize, bins)
}

/// A difference of sums of this size, or 0 where it is their rounding.
fn resolved(difference: f64, size: f64) -> f64 {
    // Blocks of 1024 numbers in eight lanes, then one addition a block: errors grow slower than this.
    if difference > 1024.0 * f64::EPSILON * size { difference } else { 0.0 }
}

fn statistics(sums: &Sums, [mean, variance, _]: &[f64; 3]) -> ChannelStatistics {
    let (min, max) = sums.range;
    ChannelStatistics { mean: *mean, std: variance.sqrt(), min, max }
}
