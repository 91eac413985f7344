//! Finer grids and cut ones.

use super::{At, Extent, Operation, Scratch};
use equipoise_convolution::pixels::add_finer;
use equipoise_field::Real;
use std::ops::Range;

/// y_{ij} = x_{⌊i/s⌋⌊j/s⌋}, PyTorch's `Upsample` to the nearest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upsample {
    pub(crate) stride: [usize; 2],
}

/// The first rows and columns of x, as many as the second register has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crop;

/// Calls `each(pixels of x, pixels of y)` for every line along W of y and the line of x that `row` pairs with it, as
/// ranges of numbers.
fn lines<R>(at: At<'_, R>, row: impl Fn(usize) -> usize, mut each: impl FnMut(Range<usize>, Range<usize>)) {
    let (x, y) = (at.extents[0], at.output);
    for i in 0..y.height {
        let (from, to) = (row(i) * x.width * x.channels, i * y.width * y.channels);
        each(from..from + x.width * x.channels, to..to + y.width * y.channels);
    }
}

impl<R: Real> Operation<R> for Upsample {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        let Extent { channels, height, width } = inputs[0];
        Ok(Extent { channels, height: height * self.stride[0], width: width * self.stride[1] })
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        y.fill(R::zero());
        self.jvp(at, 0, at.values[0], scratch, y);
    }

    fn jvp(&self, at: At<'_, R>, _: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        let [tall, wide] = self.stride;
        lines(
            at,
            |i| i / tall,
            |from, to| {
                let channels = at.output.channels;
                for (y, v) in y[to].chunks_exact_mut(wide * channels).zip(v[from].chunks_exact(channels)) {
                    y.chunks_exact_mut(channels).for_each(|y| super::add(y, v));
                }
            },
        );
    }

    fn vjp(&self, at: At<'_, R>, _: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        add_finer(v, at.output.grid(), self.stride, x);
    }
}

impl<R: Real> Operation<R> for Crop {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        let (x, like) = (inputs[0], inputs[1]);
        Ok(Extent { height: x.height.min(like.height), width: x.width.min(like.width), ..x })
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        y.fill(R::zero());
        self.jvp(at, 0, at.values[0], scratch, y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        if k == 0 {
            lines(at, |i| i, |from, to| super::add(&mut y[to], &v[from]));
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        if k == 0 {
            lines(at, |i| i, |from, to| super::add(&mut x[from], &v[to]));
        }
    }
}
