//! Convolutions and norms as their formulas say, index by index.

use super::{Convolve, Extent};
use crate::Padding;

/// The value of x in channel c at (i, j) of the padded plane, indices from −∞ to ∞.
fn padded(of: &Convolve, extent: Extent, x: &[f64], c: usize, at: [isize; 2]) -> f64 {
    let sizes = [extent.height, extent.width];
    let mut inside = [0; 2];
    for axis in 0..2 {
        let size = sizes[axis] as isize;
        match of.padding[axis] {
            Padding::Zeros if !(0..size).contains(&at[axis]) => return 0.0,
            _ => inside[axis] = at[axis].rem_euclid(size) as usize,
        }
    }
    x[(c * extent.height + inside[0]) * extent.width + inside[1]]
}

/// y_{f,i,j} = b_f + Σ_{c,k,l} w_{f,c,k,l} x_{c, s i + k − ⌊kh/2⌋, s j + l − ⌊kw/2⌋}.
pub(super) fn convolved(of: &Convolve, extent: Extent, inputs: &[Vec<f64>]) -> Vec<f64> {
    let [filters, channels, high, wide] = of.shape();
    let place = |i: usize, tap: usize, axis: usize| {
        (i * of.stride[axis] + tap) as isize - (of.kernel[axis] / 2) as isize
    };
    let rows = (extent.height - 1) / of.stride[0] + 1;
    let columns = (extent.width - 1) / of.stride[1] + 1;
    let mut y = Vec::new();
    for (f, i, j) in
        (0..filters).flat_map(|f| (0..rows * columns).map(move |n| (f, n / columns, n % columns)))
    {
        let mut sum = inputs[2][f];
        for (c, k, l) in (0..channels).flat_map(|c| (0..high * wide).map(move |n| (c, n / wide, n % wide))) {
            let w = inputs[1][((f * channels + c) * high + k) * wide + l];
            sum += w * padded(of, extent, &inputs[0], c, [place(i, k, 0), place(j, l, 1)]);
        }
        y.push(sum);
    }
    y
}

/// Layer norm (centred, variance by C − 1) or division by the root of the mean square, at each pixel.
pub(super) fn normalised(extent: Extent, centred: bool, x: &[f64]) -> Vec<f64> {
    let (channels, pixels) = (extent.channels, extent.pixels());
    let mut y = vec![0.0; x.len()];
    for p in 0..pixels {
        let of: Vec<f64> = (0..channels).map(|c| x[c * pixels + p]).collect();
        let (mean, by) = if centred {
            (of.iter().sum::<f64>() / channels as f64, channels as f64 - 1.0)
        } else {
            (0.0, channels as f64)
        };
        let square: f64 = of.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / by;
        (0..channels).for_each(|c| y[c * pixels + p] = (of[c] - mean) / (square + 1e-5).sqrt());
    }
    y
}

/// Group norm, variance by the number of numbers.
pub(super) fn group_normalised(extent: Extent, groups: usize, x: &[f64]) -> Vec<f64> {
    let len = extent.len() / groups;
    let mut y = Vec::new();
    for of in x.chunks_exact(len) {
        let mean = of.iter().sum::<f64>() / len as f64;
        let square = of.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / len as f64;
        y.extend(of.iter().map(|x| (x - mean) / (square + 1e-5).sqrt()));
    }
    y
}
