//! Normalisation without affine part: over the channels of a pixel, or over groups of channels.

use super::{At, Extent, Operation, Scratch};
use crate::Norm;
use equipoise_field::{Real, sum};

/// ε inside the root, of all three.
const EPS: f64 = 1e-5;

/// y = (x − m) r with r = (s² + ε)^(−1/2), sums in f64. s² is the variance over the C channels of a pixel by
/// C − 1 (layer), the mean square there with m = 0 (rms), or the variance over a group's channels and pixels by
/// their number N (group).
///
/// J = r (I − 1 1ᵀ/N − y yᵀ/D) over the N numbers that are normalised together, D what their squares are divided
/// by, without the middle term where m = 0. It is symmetric.
impl<R: Real> Operation<R> for Norm {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[0]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        let x = at.values[0];
        match *self {
            Self::Group { groups } => {
                let len = group(at.output, groups);
                for (x, y) in x.chunks_exact(len).zip(y.chunks_exact_mut(len)) {
                    let (mean, root) = group_moments(x);
                    y.iter_mut().zip(x).for_each(|(y, x)| *y = R::narrow((x.wide() - mean) * root));
                }
            }
            Self::Layer | Self::Rms => {
                let [mean, root, ..] = self.moments(x, at.output, &mut scratch.sums);
                let pixels = at.output.pixels();
                for (x, y) in x.chunks_exact(pixels).zip(y.chunks_exact_mut(pixels)) {
                    for p in 0..pixels {
                        y[p] = R::narrow((x[p].wide() - mean[p]) * root[p]);
                    }
                }
            }
        }
    }

    fn jvp(&self, at: At<'_, R>, _: usize, v: &[R], scratch: &mut Scratch<R>, y: &mut [R]) {
        let x = at.values[0];
        match *self {
            Self::Group { groups } => {
                let len = group(at.output, groups);
                let parts = x.chunks_exact(len).zip(v.chunks_exact(len)).zip(y.chunks_exact_mut(len));
                parts.for_each(|((x, v), y)| group_product(x, v, y));
            }
            Self::Layer | Self::Rms => self.pixel_product(at, v, &mut scratch.sums, y),
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        self.jvp(at, k, v, scratch, x);
    }
}

impl Norm {
    /// m and r of every pixel, and room for two more numbers of each, all 0.
    fn moments<'a, R: Real>(self, x: &[R], extent: Extent, sums: &'a mut Vec<f64>) -> [&'a mut [f64]; 4] {
        let pixels = extent.pixels();
        sums.clear();
        sums.resize(4 * pixels, 0.0);
        let (first, second) = sums.split_at_mut(2 * pixels);
        let ((mean, root), (a, b)) = (first.split_at_mut(pixels), second.split_at_mut(pixels));
        if self == Self::Layer {
            for x in x.chunks_exact(pixels) {
                mean.iter_mut().zip(x).for_each(|(m, x)| *m += x.wide());
            }
            mean.iter_mut().for_each(|m| *m /= extent.channels as f64);
        }
        for x in x.chunks_exact(pixels) {
            for p in 0..pixels {
                root[p] += (x[p].wide() - mean[p]).powi(2);
            }
        }
        let divisor = self.divisor(extent);
        root.iter_mut().for_each(|r| *r = (*r / divisor + EPS).sqrt().recip());
        [mean, root, a, b]
    }

    /// D of the norms over channels.
    fn divisor(self, extent: Extent) -> f64 {
        if self == Self::Layer { extent.channels as f64 - 1.0 } else { extent.channels as f64 }
    }

    /// Adds J v to y, pixel by pixel.
    fn pixel_product<R: Real>(self, at: At<'_, R>, v: &[R], sums: &mut Vec<f64>, y: &mut [R]) {
        let (x, pixels) = (at.values[0], at.output.pixels());
        let [mean, root, plain, along] = self.moments(x, at.output, sums);
        for (x, v) in x.chunks_exact(pixels).zip(v.chunks_exact(pixels)) {
            for p in 0..pixels {
                plain[p] += v[p].wide();
                along[p] += (x[p].wide() - mean[p]) * root[p] * v[p].wide();
            }
        }
        let centred = if self == Self::Layer { 1.0 / at.output.channels as f64 } else { 0.0 };
        let divisor = self.divisor(at.output);
        plain.iter_mut().for_each(|s| *s *= centred);
        along.iter_mut().for_each(|s| *s /= divisor);
        let channels = x.chunks_exact(pixels).zip(v.chunks_exact(pixels)).zip(y.chunks_exact_mut(pixels));
        for ((x, v), y) in channels {
            for p in 0..pixels {
                let unit = (x[p].wide() - mean[p]) * root[p];
                y[p] += R::narrow(root[p] * (v[p].wide() - plain[p] - unit * along[p]));
            }
        }
    }
}

/// Numbers in one group.
fn group(extent: Extent, groups: usize) -> usize {
    extent.len() / groups.min(extent.channels).max(1)
}

/// m and r of a group.
fn group_moments<R: Real>(x: &[R]) -> (f64, f64) {
    let count = x.len() as f64;
    let mean = sum::of(x.len(), |i| x[i].wide()) / count;
    let variance = sum::of(x.len(), |i| (x[i].wide() - mean).powi(2)) / count;
    (mean, (variance + EPS).sqrt().recip())
}

/// Adds J v of a group to y.
fn group_product<R: Real>(x: &[R], v: &[R], y: &mut [R]) {
    let count = x.len() as f64;
    let (mean, root) = group_moments(x);
    let unit = |i: usize| (x[i].wide() - mean) * root;
    let plain = sum::of(v.len(), |i| v[i].wide()) / count;
    let along = sum::of(v.len(), |i| unit(i) * v[i].wide()) / count;
    for (i, y) in y.iter_mut().enumerate() {
        *y += R::narrow(root * (v[i].wide() - plain - unit(i) * along));
    }
}
