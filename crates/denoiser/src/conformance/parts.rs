//! The parts of a field in which a product can be wrong by itself, and fields to probe with.

use equipoise_field::{Real, Shape};
use equipoise_stream::Stream;
use std::fmt;

/// Runs and combs that a field is cut into: each holds 1/64 of the entries.
pub(super) const CUTS: usize = 64;
/// Cells along an axis of a low-pass field.
const CELLS: usize = 4;

/// Some of the entries of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    Channel(usize),
    Frame(usize),
    Row(usize),
    Column(usize),
    /// The k-th 64th in flat order.
    Run(usize),
    /// Every 64th entry from k on.
    Comb(usize),
}

impl Part {
    /// Channels, frames, border rows and columns, where there is more than one, runs and combs: T + C + 132
    /// at most.
    pub(super) fn all(shape: Shape) -> Vec<Self> {
        let borders = |len: usize| if len > 1 { vec![0, len - 1] } else { Vec::new() };
        let several = |count: usize| if count > 1 { 0..count } else { 0..0 };
        let combs = if shape.len() > CUTS { 0..CUTS } else { 0..0 };
        let (planar, runs) = (shape.height > 1, CUTS.min(shape.len()));
        several(shape.channels)
            .map(Self::Channel)
            .chain(several(shape.frames).map(Self::Frame))
            .chain(borders(shape.height).into_iter().map(Self::Row))
            .chain(borders(shape.width).into_iter().filter(|_| planar).map(Self::Column))
            .chain((0..runs).map(Self::Run))
            .chain(combs.map(Self::Comb))
            .collect()
    }

    fn holds(self, shape: Shape, index: usize) -> bool {
        match self {
            Self::Channel(c) => index / shape.plane() % shape.channels == c,
            Self::Frame(t) => index / shape.frame() == t,
            Self::Row(y) => index / shape.width % shape.height == y,
            Self::Column(x) => index % shape.width == x,
            Self::Run(k) => index * CUTS.min(shape.len()) / shape.len() == k,
            Self::Comb(k) => index % CUTS == k,
        }
    }

    /// `field` on the part, zero elsewhere.
    pub(super) fn cut<R: Real>(self, shape: Shape, field: &[R]) -> Vec<R> {
        let entry = |(i, f): (usize, &R)| if self.holds(shape, i) { *f } else { R::zero() };
        field.iter().enumerate().map(entry).collect()
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(c) => write!(f, "channel {c}"),
            Self::Frame(t) => write!(f, "frame {t}"),
            Self::Row(y) => write!(f, "row {y}"),
            Self::Column(x) => write!(f, "column {x}"),
            Self::Run(k) => write!(f, "64th number {k} in flat order"),
            Self::Comb(k) => write!(f, "every 64th entry from {k} on"),
        }
    }
}

/// White noise, draw `draw`.
pub(super) fn white<R: Real>(shape: Shape, draw: u64) -> Vec<R> {
    Stream::new("conformance").text("white").normal(draw, shape.len())
}

/// White noise on four cells along every axis, a frame and a channel of its own for each: constant in a cell.
pub(super) fn low_pass<R: Real>(shape: Shape, draw: u64) -> Vec<R> {
    let cell = |at: usize, len: usize| at * CELLS.min(len) / len;
    let coarse: Vec<R> =
        Stream::new("conformance").text("low-pass").normal(draw, CELLS.pow(3) * shape.channels);
    let value = |i: usize| {
        let (frame, plane) = (i / shape.frame(), i / shape.plane() % shape.channels);
        let (y, x) = (cell(i / shape.width % shape.height, shape.height), cell(i % shape.width, shape.width));
        coarse[((plane * CELLS + cell(frame, shape.frames)) * CELLS + y) * CELLS + x]
    };
    (0..shape.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind of part covers the field once, borders aside.
    #[test]
    fn parts_cover_the_field() {
        for shape in [Shape::new(3, 2, 5, 7), Shape::new(1, 1, 1, 16), Shape::new(2, 1, 8, 16)] {
            let ones = vec![1.0; shape.len()];
            let covered = |kind: fn(&Part) -> bool| {
                let parts = Part::all(shape).into_iter().filter(kind);
                let sizes: Vec<f64> = parts.map(|part| part.cut(shape, &ones).iter().sum()).collect();
                assert!(sizes.iter().all(|size| *size >= 1.0));
                sizes.iter().sum::<f64>()
            };
            let len = shape.len() as f64;
            assert!([len].contains(&covered(|p| matches!(p, Part::Run(_)))));
            assert!([0.0, len].contains(&covered(|p| matches!(p, Part::Comb(_)))));
            assert!([0.0, len].contains(&covered(|p| matches!(p, Part::Channel(_)))));
            assert!([0.0, len].contains(&covered(|p| matches!(p, Part::Frame(_)))));
        }
    }
}
