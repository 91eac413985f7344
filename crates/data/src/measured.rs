//! What is measured of a file's numbers before they are believed.

use crate::census::Census;
use crate::continuity::{self, Continuity};
use crate::source::Header;
use crate::statistics::{self, ChannelStatistics};
use equipoise_field::Shape;
use std::ops::Range;

/// Everything that the axis audit and the checks of the numbers need.
pub(crate) struct Measured {
    /// Both leading axes as candidates for time, axis 0 first.
    pub(crate) candidates: [Continuity; 2],
    /// Statistics of every channel.
    pub(crate) channels: Vec<ChannelStatistics>,
    /// What frames, cells and extremes hold.
    pub(crate) census: Census,
    /// The frames of [`some`], flat.
    pub(crate) some: Vec<f32>,
    /// The number of values that are not finite.
    pub(crate) non_finite: usize,
    /// The flat index of the first of them, and the value.
    pub(crate) first_non_finite: Option<(usize, f32)>,
}

/// A few frames that follow each other on disk, as ranges of both leading axes: those whose gradients are looked
/// at.
pub(crate) fn some([a, b]: [usize; 2]) -> [Range<usize>; 2] {
    [a / 2..a / 2 + 1, 0..b.min(4)]
}

impl Measured {
    /// Of an array in memory, in the order of the file.
    pub(crate) fn of(values: &[f32], header: &Header) -> Self {
        let [a, b, channels, height, width] = header.shape;
        let [rows, columns] = some([a, b]);
        let frame = channels * height * width;
        let start = rows.start * b + columns.start;
        Self {
            some: values[start * frame..(start + columns.len()) * frame].to_vec(),
            candidates: continuity::measure(values, [a, b], channels * height * width, header.order),
            channels: statistics::of_channels(values, channels, height * width, header.mask.as_ref()),
            census: Census::of(values, Shape::new(1, channels, height, width), header.mask.as_ref()),
            non_finite: values.iter().filter(|x| !x.is_finite()).count(),
            first_non_finite: values.iter().position(|x| !x.is_finite()).map(|i| (i, values[i])),
        }
    }
}
