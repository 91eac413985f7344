//! What is measured of a file's numbers before they are believed.

use crate::census::Census;
use crate::continuity::{self, Continuity};
use crate::statistics::{self, ChannelStatistics};
use equipoise_field::Shape;

/// Everything that the axis audit and the checks of the numbers need.
pub(crate) struct Measured {
    /// Both leading axes as candidates for time, axis 0 first.
    pub(crate) candidates: [Continuity; 2],
    /// Statistics of every channel.
    pub(crate) channels: Vec<ChannelStatistics>,
    /// What frames, cells and extremes hold.
    pub(crate) census: Census,
    /// The number of values that are not finite.
    pub(crate) non_finite: usize,
    /// The flat index of the first of them, and the value.
    pub(crate) first_non_finite: Option<(usize, f32)>,
}

impl Measured {
    /// Of an array in memory, in the order of the file.
    pub(crate) fn of(values: &[f32], [a, b, channels, height, width]: [usize; 5]) -> Self {
        Self {
            candidates: continuity::measure(values, [a, b], channels * height * width),
            channels: statistics::of_channels(values, channels, height * width),
            census: Census::of(values, Shape::new(1, channels, height, width)),
            non_finite: values.iter().filter(|x| !x.is_finite()).count(),
            first_non_finite: values.iter().position(|x| !x.is_finite()).map(|i| (i, values[i])),
        }
    }
}
