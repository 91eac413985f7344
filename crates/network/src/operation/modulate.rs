//! Numbers per channel, applied to all pixels.

use super::{At, Extent, Operation, Scratch, add, total};
use equipoise_field::Real;

/// y_c = x_c + v_c on every pixel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shift;

/// y_c = (v_c + 1) x_c + v_{C+c} on every pixel: the first two thirds of a vector v of 3C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Modulate;

/// y_c = x_c + v_{2C+c} z_c on every pixel, from x, z and v: the last third of a vector v of 3C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate;

/// Adds Σ v z over the pixels to x, which has one number a channel; the sums in f64.
fn product<R: Real>(v: &[R], z: &[R], x: &mut [R]) {
    let mut sums = vec![0.0; x.len()];
    for (v, z) in v.chunks_exact(x.len().max(1)).zip(z.chunks_exact(x.len().max(1))) {
        for ((sum, v), z) in sums.iter_mut().zip(v).zip(z) {
            *sum += v.wide() * z.wide();
        }
    }
    x.iter_mut().zip(sums).for_each(|(x, sum)| *x += R::narrow(sum));
}

/// y_c += (factor_c + plus) z_c on every pixel.
fn scaled<R: Real>(y: &mut [R], factor: &[R], plus: R, z: &[R]) {
    for (y, z) in y.chunks_exact_mut(factor.len()).zip(z.chunks_exact(factor.len())) {
        for ((y, &z), &factor) in y.iter_mut().zip(z).zip(factor) {
            *y += (factor + plus) * z;
        }
    }
}

/// y_c += v_c on every pixel.
fn shifted<R: Real>(y: &mut [R], v: &[R]) {
    y.chunks_exact_mut(v.len()).for_each(|y| add(y, v));
}

impl<R: Real> Operation<R> for Shift {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[]
    }

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        shifted(y, at.values[1]);
    }

    fn jvp(&self, _: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        if k == 0 { add(y, v) } else { shifted(y, v) }
    }

    fn vjp(&self, _: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        if k == 0 { add(x, v) } else { total(v, x) }
    }
}

impl<R: Real> Operation<R> for Modulate {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[1], &[0]][k]
    }

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        let channels = at.output.channels;
        let (factor, offset) = at.values[1][..2 * channels].split_at(channels);
        for y in y.chunks_exact_mut(channels) {
            for ((y, &factor), &offset) in y.iter_mut().zip(factor).zip(offset) {
                *y = (factor + R::one()) * *y + offset;
            }
        }
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        let channels = at.output.channels;
        if k == 0 {
            return scaled(y, &at.values[1][..channels], R::one(), v);
        }
        scaled(y, &v[..channels], R::zero(), at.values[0]);
        shifted(y, &v[channels..2 * channels]);
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        if k == 0 {
            return self.jvp(at, 0, v, scratch, x);
        }
        let channels = at.output.channels;
        product(v, at.values[0], &mut x[..channels]);
        total(v, &mut x[channels..2 * channels]);
    }
}

impl<R: Real> Operation<R> for Gate {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[][..], &[2], &[1]][k]
    }

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        self.jvp(at, 1, at.values[1], scratch, y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        let last = 2 * at.output.channels..;
        match k {
            0 => add(y, v),
            1 => scaled(y, &at.values[2][last], R::zero(), v),
            _ => scaled(y, &v[last], R::zero(), at.values[1]),
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        if k < 2 {
            return self.jvp(at, k, v, scratch, x);
        }
        product(v, at.values[1], &mut x[2 * at.output.channels..]);
    }
}
