//! Two registers as one.

use super::{At, Extent, Operation, Scratch, add};
use equipoise_field::Real;
use std::ops::Range;

/// y = a + b.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Add;

impl<R: Real> Operation<R> for Add {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        same_grid(inputs[0], inputs[1])
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[]
    }

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        add(y, at.values[1]);
    }

    fn jvp(&self, _: At<'_, R>, _: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        add(y, v);
    }

    fn vjp(&self, _: At<'_, R>, _: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        add(x, v);
    }
}

/// y = (a, b), channels of a first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Concatenate;

impl Concatenate {
    /// Calls `each` with the channels of input k and where they stand in y, for every pixel.
    fn parts<R>(at: At<'_, R>, k: usize, mut each: impl FnMut(Range<usize>, Range<usize>)) {
        let (own, all) = (at.extents[k].channels, at.output.channels);
        let from = if k == 0 { 0 } else { at.extents[0].channels };
        for p in 0..at.output.pixels() {
            let start = p * all + from;
            each(p * own..(p + 1) * own, start..start + own);
        }
    }
}

impl<R: Real> Operation<R> for Concatenate {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        let one = same_grid(inputs[0], inputs[1])?;
        Ok(Extent { channels: inputs[0].channels + inputs[1].channels, ..one })
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[]
    }

    fn forward(&self, at: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        for k in 0..2 {
            Self::parts(at, k, |own, all| y[all].copy_from_slice(&at.values[k][own]));
        }
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        Self::parts(at, k, |own, all| add(&mut y[all], &v[own]));
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], _: &mut Scratch<R>, x: &mut [R]) {
        Self::parts(at, k, |own, all| add(&mut x[own], &v[all]));
    }
}

/// The first shape, where both have one grid.
fn same_grid(a: Extent, b: Extent) -> Result<Extent, String> {
    if (a.height, a.width) == (b.height, b.width) {
        return Ok(a);
    }
    let (found, expected) = ([b.height, b.width], [a.height, a.width]);
    Err(format!(
        "one that comes back to itself on the way up (a depth of {} x {} points meets one of {} x {})",
        found[0], found[1], expected[0], expected[1]
    ))
}
