//! Per-channel statistics of a block of data.

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
fn planes(values: &[f32], channels: usize, plane: usize, channel: usize) -> impl Iterator<Item = &[f32]> {
    values.chunks_exact(plane).skip(channel).step_by(channels)
}

/// The mean over the planes of one channel of `term(value)`.
fn mean_over(
    values: &[f32],
    channels: usize,
    plane: usize,
    channel: usize,
    term: impl Fn(f64) -> f64 + Sync,
) -> f64 {
    let mut sums: Vec<f64> = planes(values, channels, plane, channel)
        .map(|p| sum::of(p.len(), |i| term(f64::from(p[i]))))
        .collect();
    let count = sums.len() * plane;
    sum::pairwise(&mut sums) / count as f64
}

/// Mean and population standard deviation of one channel.
pub(crate) fn moments(values: &[f32], channels: usize, plane: usize, channel: usize) -> (f64, f64) {
    let mean = mean_over(values, channels, plane, channel, |x| x);
    let variance = mean_over(values, channels, plane, channel, |x| (x - mean) * (x - mean));
    (mean, variance.sqrt())
}

/// The statistics of every channel of an array whose last axes are (C, H, W).
pub(crate) fn of_channels(values: &[f32], channels: usize, plane: usize) -> Vec<ChannelStatistics> {
    (0..channels)
        .map(|channel| {
            let (mean, std) = moments(values, channels, plane, channel);
            let (min, max) = planes(values, channels, plane, channel)
                .map(sum::range)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (a, b, _)| (l.min(a), h.max(b)));
            ChannelStatistics { mean, std, min, max }
        })
        .collect()
}
