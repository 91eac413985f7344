//! Per-channel statistics of a block of data.

use crate::Mask;
use equipoise_field::sum;
use serde::Serialize;

/// Mean, spread and range of one channel over all trajectories, frames and points.
///
/// Mean and standard deviation are NaN when any value of the channel is not finite; the range is
/// that of the finite values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ChannelStatistics {
    /// The mean.
    pub mean: f64,
    /// The population standard deviation.
    pub std: f64,
    /// The smallest finite value.
    pub min: f64,
    /// The largest finite value.
    pub max: f64,
}

/// The planes of one channel in an array whose last axes are (C, H, W).
pub(crate) fn planes(
    values: &[f32],
    channels: usize,
    plane: usize,
    channel: usize,
) -> impl Iterator<Item = &[f32]> {
    values.chunks_exact(plane).skip(channel).step_by(channels)
}

/// The cells of a plane that count: all, or those of a list.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    plane: usize,
    open: Option<Vec<usize>>,
}

impl Cells {
    /// Those of a plane of `plane` cells that a mask leaves.
    pub(crate) fn of(plane: usize, mask: Option<&Mask>) -> Self {
        Self { plane, open: mask.map(Mask::open) }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.open.as_ref().map_or(self.plane, Vec::len)
    }

    /// Σ `term(index)` over them.
    pub(crate) fn sum(&self, term: impl Fn(usize) -> f64 + Sync) -> f64 {
        match &self.open {
            None => sum::of(self.plane, term),
            Some(open) => sum::of(open.len(), |k| term(open[k])),
        }
    }

    /// The mean over them and some planes of `term(value)`.
    fn mean<'a>(&self, planes: impl Iterator<Item = &'a [f32]>, term: impl Fn(f64) -> f64 + Sync) -> f64 {
        let mut sums: Vec<f64> = planes.map(|p| self.sum(|i| term(f64::from(p[i])))).collect();
        let count = sums.len() * self.count();
        sum::pairwise(&mut sums) / count as f64
    }

    /// Mean and population standard deviation of one channel of an array whose last axes are (C, H, W).
    pub(crate) fn moments(&self, values: &[f32], channels: usize, channel: usize) -> (f64, f64) {
        let planes = || planes(values, channels, self.plane, channel);
        let mean = self.mean(planes(), |x| x);
        let variance = self.mean(planes(), |x| (x - mean) * (x - mean));
        (mean, variance.sqrt())
    }
}

/// The statistics of every channel of an array whose last axes are (C, H, W), without masked cells.
pub(crate) fn of_channels(
    values: &[f32],
    channels: usize,
    plane: usize,
    mask: Option<&Mask>,
) -> Vec<ChannelStatistics> {
    let cells = Cells::of(plane, mask);
    (0..channels)
        .map(|channel| {
            let (mean, std) = cells.moments(values, channels, channel);
            let (min, max) = planes(values, channels, plane, channel)
                .map(sum::range)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (a, b, _)| (l.min(a), h.max(b)));
            ChannelStatistics { mean, std, min, max }
        })
        .collect()
}
