//! Normalisation without affine part: over the channels of a pixel, or over groups of channels.

use super::{At, Extent, Operation, Scratch};
use crate::Norm;
use equipoise_field::{Real, sum};
use pulp::{Arch, Simd, WithSimd};

/// ε inside the root, of all three.
const EPS: f64 = 1e-5;
/// Sums that are added to in turn, so that a vector holds them.
const LANES: usize = 8;

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

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        let channels = at.output.channels;
        match *self {
            Self::Group { groups } => {
                let group = Group { channels, groups: groups.clamp(1, channels.max(1)) };
                (0..group.groups).for_each(|g| group.value(g, y));
            }
            Self::Layer => Arch::new().dispatch(Value { centred: true, channels, y }),
            Self::Rms => Arch::new().dispatch(Value { centred: false, channels, y }),
        }
    }

    fn jvp(&self, at: At<'_, R>, _: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        let (x, channels) = (at.values[0], at.output.channels);
        match *self {
            Self::Group { groups } => {
                let group = Group { channels, groups: groups.clamp(1, channels.max(1)) };
                (0..group.groups).for_each(|g| group.product(g, x, v, y));
            }
            Self::Layer => Arch::new().dispatch(Product { centred: true, channels, x, v, y }),
            Self::Rms => Arch::new().dispatch(Product { centred: false, channels, x, v, y }),
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        self.jvp(at, k, v, scratch, x);
    }
}

/// What squares over a pixel's channels are divided by.
fn divisor(centred: bool, channels: usize) -> f64 {
    if centred { channels as f64 - 1.0 } else { channels as f64 }
}

/// m and r of a pixel.
#[inline(always)]
fn moments<R: Real>(centred: bool, x: &[R]) -> (f64, f64) {
    let mut mean = 0.0;
    let (whole, rest) = x.as_chunks::<LANES>();
    if centred {
        let mut lanes = [0.0; LANES];
        for x in whole {
            for l in 0..LANES {
                lanes[l] += x[l].wide();
            }
        }
        for (lane, x) in lanes.iter_mut().zip(rest) {
            *lane += x.wide();
        }
        mean = sum::pairwise(&mut lanes) / x.len() as f64;
    }
    let mut lanes = [0.0; LANES];
    for x in whole {
        for l in 0..LANES {
            let away = x[l].wide() - mean;
            lanes[l] += away * away;
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        let away = x.wide() - mean;
        *lane += away * away;
    }
    (mean, 1.0 / (sum::pairwise(&mut lanes) / divisor(centred, x.len()) + EPS).sqrt())
}

/// y in the place of x, pixel by pixel.
struct Value<'a, R> {
    centred: bool,
    channels: usize,
    y: &'a mut [R],
}

impl<R: Real> WithSimd for Value<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { centred, channels, y } = self;
        for y in y.chunks_exact_mut(channels) {
            let (mean, root) = moments(centred, y);
            for y in y {
                *y = R::narrow((y.wide() - mean) * root);
            }
        }
    }
}

/// Adds J v to y, pixel by pixel.
struct Product<'a, R> {
    centred: bool,
    channels: usize,
    x: &'a [R],
    v: &'a [R],
    y: &'a mut [R],
}

impl<R: Real> WithSimd for Product<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { centred, channels, x, v, y } = self;
        let centre = if centred { 1.0 / channels as f64 } else { 0.0 };
        let pixels = x.chunks_exact(channels).zip(v.chunks_exact(channels)).zip(y.chunks_exact_mut(channels));
        for ((x, v), y) in pixels {
            let (mean, root) = moments(centred, x);
            let (mut plain, mut along) = ([0.0; LANES], [0.0; LANES]);
            let ((xs, x_rest), (vs, v_rest)) = (x.as_chunks::<LANES>(), v.as_chunks::<LANES>());
            for (x, v) in xs.iter().zip(vs) {
                for l in 0..LANES {
                    plain[l] += v[l].wide();
                    along[l] += (x[l].wide() - mean) * root * v[l].wide();
                }
            }
            for l in 0..x_rest.len() {
                plain[l] += v_rest[l].wide();
                along[l] += (x_rest[l].wide() - mean) * root * v_rest[l].wide();
            }
            let plain = sum::pairwise(&mut plain) * centre;
            let along = sum::pairwise(&mut along) / divisor(centred, channels);
            for c in 0..channels {
                let unit = (x[c].wide() - mean) * root;
                y[c] += R::narrow(root * (v[c].wide() - plain - unit * along));
            }
        }
    }
}

/// Channels in groups, over all pixels.
#[derive(Clone, Copy)]
struct Group {
    channels: usize,
    groups: usize,
}

impl Group {
    /// Where number i of group g stands.
    fn place(self, g: usize, i: usize) -> usize {
        let each = self.channels / self.groups;
        i / each * self.channels + g * each + i % each
    }

    /// m and r.
    fn moments<R: Real>(self, g: usize, x: &[R]) -> (f64, f64) {
        let count = x.len() / self.groups;
        let mean = sum::of(count, |i| x[self.place(g, i)].wide()) / count as f64;
        let variance = sum::of(count, |i| (x[self.place(g, i)].wide() - mean).powi(2)) / count as f64;
        (mean, 1.0 / (variance + EPS).sqrt())
    }

    fn value<R: Real>(self, g: usize, y: &mut [R]) {
        let (mean, root) = self.moments(g, y);
        for at in (0..y.len() / self.groups).map(|i| self.place(g, i)) {
            y[at] = R::narrow((y[at].wide() - mean) * root);
        }
    }

    /// Adds J v to y.
    fn product<R: Real>(self, g: usize, x: &[R], v: &[R], y: &mut [R]) {
        let (mean, root) = self.moments(g, x);
        let count = x.len() / self.groups;
        let at = |i| self.place(g, i);
        let unit = |i: usize| (x[at(i)].wide() - mean) * root;
        let plain = sum::of(count, |i| v[at(i)].wide()) / count as f64;
        let along = sum::of(count, |i| unit(i) * v[at(i)].wide()) / count as f64;
        for i in 0..count {
            y[at(i)] += R::narrow(root * (v[at(i)].wide() - plain - unit(i) * along));
        }
    }
}
