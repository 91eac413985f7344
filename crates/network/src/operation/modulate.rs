//! Numbers per channel, applied to all pixels.

use super::{At, Extent, Operation, Scratch, add};
use equipoise_field::{Real, sum};

/// y_c = x_c + v_c on every pixel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift;

/// y_c = (v_c + 1) x_c + v_{C+c} on every pixel: the first two thirds of a vector v of 3C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modulate;

/// y_c = x_c + v_{2C+c} z_c on every pixel, from x, z and v: the last third of a vector v of 3C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate;

/// Σ v over the pixels.
fn total<R: Real>(v: &[R]) -> R {
    R::narrow(sum::of(v.len(), |i| v[i].wide()))
}

/// Σ v z over the pixels.
fn product<R: Real>(v: &[R], z: &[R]) -> R {
    R::narrow(sum::dot(v, z))
}

/// y_i += factor · z_i.
fn scaled<R: Real>(y: &mut [R], factor: R, z: &[R]) {
    y.iter_mut().zip(z).for_each(|(y, &z)| *y += factor * z);
}

impl<R: Real> Operation<R> for Shift {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        y.copy_from_slice(at.values[0]);
        self.jvp(at, 1, at.values[1], scratch, y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        if k == 0 {
            return add(y, v);
        }
        for (y, &v) in y.chunks_exact_mut(at.output.pixels()).zip(v) {
            y.iter_mut().for_each(|y| *y += v);
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        if k == 0 {
            return add(x, v);
        }
        x.iter_mut().zip(v.chunks_exact(at.output.pixels())).for_each(|(x, v)| *x += total(v));
    }
}

impl Modulate {
    /// Adds x to y, each channel by its factor and its offset.
    fn affine<R: Real>(at: At<'_, R>, x: &[R], factor: impl Fn(usize) -> R, offset: &[R], y: &mut [R]) {
        let pixels = at.output.pixels();
        let channels = x.chunks_exact(pixels).zip(y.chunks_exact_mut(pixels)).enumerate();
        for (c, (x, y)) in channels {
            let (factor, offset) = (factor(c), offset[c]);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y += factor * x + offset);
        }
    }
}

impl<R: Real> Operation<R> for Modulate {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[1], &[0]][k]
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        let v = at.values[1];
        y.fill(R::zero());
        Self::affine(at, at.values[0], |c| v[c] + R::one(), &v[at.output.channels..], y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        let channels = at.output.channels;
        if k == 1 {
            return Self::affine(at, at.values[0], |c| v[c], &v[channels..], y);
        }
        let pixels = at.output.pixels();
        for ((y, v), &a) in y.chunks_exact_mut(pixels).zip(v.chunks_exact(pixels)).zip(at.values[1]) {
            scaled(y, a + R::one(), v);
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        if k == 0 {
            return self.jvp(at, 0, v, scratch, x);
        }
        let (channels, pixels) = (at.output.channels, at.output.pixels());
        for (c, (v, z)) in v.chunks_exact(pixels).zip(at.values[0].chunks_exact(pixels)).enumerate() {
            x[c] += product(v, z);
            x[channels + c] += total(v);
        }
    }
}

impl<R: Real> Operation<R> for Gate {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[][..], &[2], &[1]][k]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        y.copy_from_slice(at.values[0]);
        self.jvp(at, 1, at.values[1], scratch, y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        let (channels, pixels) = (at.output.channels, at.output.pixels());
        let (z, gate) = match k {
            0 => return add(y, v),
            1 => (v, at.values[2]),
            _ => (at.values[1], v),
        };
        let gate = &gate[2 * channels..];
        for ((y, z), &gate) in y.chunks_exact_mut(pixels).zip(z.chunks_exact(pixels)).zip(gate) {
            scaled(y, gate, z);
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        if k < 2 {
            return self.jvp(at, k, v, scratch, x);
        }
        let (channels, pixels) = (at.output.channels, at.output.pixels());
        let each = v.chunks_exact(pixels).zip(at.values[1].chunks_exact(pixels));
        x[2 * channels..].iter_mut().zip(each).for_each(|(x, (v, z))| *x += product(v, z));
    }
}
