//! How alike neighbours along one leading axis are: the measurement behind the axis audit.

use crate::AxisOrder;
use equipoise_field::sum;
use serde::Serialize;

/// The time axis is decided when neighbours along the other axis differ at least this many times
/// more (in mean square). Two orders of the same independent snapshots give about 1; the embedded
/// wake gives 11, the embedded turbulence 30.
pub const DECIDABLE_RATIO: f64 = 2.0;

/// Neighbours along a time axis share at least this correlation. A periodic flow reaches it from
/// six frames a period on, cos(2π/6) = 1/2; independent snapshots have 0.
pub const SERIES_CORRELATION: f64 = 0.5;

/// Pairs of neighbouring snapshots needed before a low correlation counts as evidence: a two-mode
/// periodic flow in random order has a lag-one correlation of 0 ± 1/√(2·pairs), so 8 pairs put
/// [`SERIES_CORRELATION`] two standard deviations away.
pub const SERIES_PAIRS: usize = 8;

/// What one candidate time axis looks like.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Continuity {
    /// The order in which this axis is time.
    pub order: AxisOrder,
    /// The length of the axis.
    pub length: usize,
    /// The number of pairs of neighbouring snapshots along the axis.
    pub pairs: usize,
    /// d, the mean squared difference of neighbours along the axis; `None` for an axis of length 1.
    pub difference: Option<f64>,
    /// The lag-one correlation 1 − d/(2s²), s² the unbiased variance of all snapshots about their
    /// mean; `None` where `difference` is, or when the snapshots do not vary beyond rounding.
    pub correlation: Option<f64>,
}

impl Continuity {
    /// Whether neighbours are alike enough for a time series; `None` if not measurable.
    pub(crate) fn is_series(&self) -> Option<bool> {
        self.correlation.map(|c| c >= SERIES_CORRELATION)
    }

    /// Whether neighbours are measurably no time series.
    pub(crate) fn is_broken(&self) -> bool {
        self.pairs >= SERIES_PAIRS && self.is_series() == Some(false)
    }
}

/// Measures both leading axes of an array (A, B, frame), axis 0 first. Costs four passes.
pub(crate) fn measure(values: &[f32], outer: [usize; 2], frame: usize, order: AxisOrder) -> [Continuity; 2] {
    let at = |s: usize| &values[s * frame..(s + 1) * frame];
    let squares = [0, 1].map(|axis| {
        let each = neighbours(outer, axis).map(|(s, next)| sum::squared_distance(at(s), at(next)));
        sum::pairwise(&mut each.collect::<Vec<f64>>())
    });
    from_sums(squares, variance_about_the_mean(values, frame), outer, frame, order)
}

/// The snapshots that follow each other along a leading axis.
pub(crate) fn neighbours(outer: [usize; 2], axis: usize) -> impl Iterator<Item = (usize, usize)> {
    let (length, stride) = (outer[axis], if axis == 0 { outer[1] } else { 1 });
    (0..outer[0] * outer[1]).filter(move |s| s / stride % length + 1 < length).map(move |s| (s, s + stride))
}

/// From the sums of squared differences of neighbours along both axes, and the variance s².
pub(crate) fn from_sums(
    squares: [f64; 2],
    variance: Option<f64>,
    outer: [usize; 2],
    frame: usize,
    order: AxisOrder,
) -> [Continuity; 2] {
    [0, 1].map(|axis| {
        let length = outer[axis];
        let pairs = (length - 1) * outer[1 - axis];
        let difference = (length > 1).then(|| squares[axis] / (pairs * frame) as f64);
        let correlation = difference.zip(variance).map(|(d, s2)| 1.0 - d / (2.0 * s2));
        Continuity { order: order.with_time_axis(axis), length, pairs, difference, correlation }
    })
}

/// The unbiased variance of snapshots about their mean, averaged over the frame; `None` when it is
/// rounding: below (ε of f32)² times the mean square.
fn variance_about_the_mean(values: &[f32], frame: usize) -> Option<f64> {
    let count = values.len() / frame;
    if count < 2 {
        return None;
    }
    let mut mean = vec![0.0f64; frame];
    for snapshot in values.chunks_exact(frame) {
        for (m, x) in mean.iter_mut().zip(snapshot) {
            *m += f64::from(*x);
        }
    }
    mean.iter_mut().for_each(|m| *m /= count as f64);
    let mut squares: Vec<f64> = values
        .chunks_exact(frame)
        .map(|s| {
            sum::of(frame, |i| {
                let d = f64::from(s[i]) - mean[i];
                d * d
            })
        })
        .collect();
    let variance = sum::pairwise(&mut squares) / ((count - 1) * frame) as f64;
    beyond_rounding(variance, sum::squared_norm(values) / values.len() as f64)
}

/// A variance that f32 numbers of this mean square can resolve.
pub(crate) fn beyond_rounding(variance: f64, mean_square: f64) -> Option<f64> {
    (variance > f64::from(f32::EPSILON).powi(2) * mean_square).then_some(variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ramp x = t of T frames has d = 1 and s² = T(T + 1)/12.
    #[test]
    fn a_ramp_has_the_closed_form_correlation() {
        let values: Vec<f32> = (0..10).flat_map(|t| [t as f32; 6]).collect();
        let [along, across] = measure(&values, [10, 1], 6, AxisOrder::NTCHW);
        assert_eq!((along.pairs, across.pairs), (9, 0));
        assert!((along.difference.unwrap() - 1.0).abs() < 1e-12, "sums of small integers are exact");
        assert!((along.correlation.unwrap() - (1.0 - 6.0 / 110.0)).abs() < 1e-12);
        assert_eq!(across.difference, None);
    }

    #[test]
    fn the_second_axis_is_measured_within_rows_only() {
        // Axis 1 alternates 0, 1 inside each row; rows are 10 apart.
        let values = [0.0f32, 1.0, 0.0, 10.0, 11.0, 10.0];
        let [rows, columns] = measure(&values, [2, 3], 1, AxisOrder::NTCHW);
        assert_eq!((rows.difference, columns.difference), (Some(100.0), Some(1.0)));
    }

    #[test]
    fn a_steady_flow_has_no_correlation_to_speak_of() {
        let [along, _] = measure(&[0.3f32; 40], [10, 1], 4, AxisOrder::NTCHW);
        assert_eq!((along.difference, along.correlation), (Some(0.0), None));
    }
}
