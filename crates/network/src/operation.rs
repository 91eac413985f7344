//! What an operation of a network is: a function of registers with both products of its Jacobian.
//!
//! Within a pass a register is pixel-major, (H, W, C): the channels of a pixel stand side by side.

mod activate;
mod convolve;
mod join;
mod linear;
mod modulate;
mod normalise;
mod resample;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use convolve::Convolve;
pub(crate) use join::{Add, Concatenate};
pub(crate) use linear::Linear;
pub(crate) use modulate::{Gate, Modulate, Shift};
pub(crate) use resample::{Crop, Upsample};

use equipoise_convolution::Room;
use equipoise_field::Real;
use std::fmt::Debug;

/// Registers that an operation reads at most.
pub(crate) const MOST: usize = 3;

/// The shape of a register. A vector has one pixel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
}

impl Extent {
    pub(crate) fn vector(len: usize) -> Self {
        Self { channels: len, height: 1, width: 1 }
    }

    pub(crate) fn grid(self) -> [usize; 2] {
        [self.height, self.width]
    }

    pub(crate) fn pixels(self) -> usize {
        self.height * self.width
    }

    pub(crate) fn len(self) -> usize {
        self.channels * self.pixels()
    }
}

/// The registers that an operation reads, as far as they stand: a product finds those that it
/// [`needs`](Operation::needs).
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'a, R> {
    pub(crate) values: [&'a [R]; MOST],
    pub(crate) extents: [Extent; MOST],
    pub(crate) output: Extent,
}

/// Room for intermediate values within one operation.
#[derive(Debug, Default)]
pub(crate) struct Scratch<R> {
    pub(crate) room: Room<R>,
}

/// y = f(x_0, …), with weights among the x_k. J_k = ∂y/∂x_k.
///
/// Of lengths it may rely on [`extent`](Self::extent), which a plan asks once for a grid.
pub(crate) trait Operation<R: Real>: Debug + Send + Sync {
    /// The shape of y; what is expected of the grid where there is none.
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String>;

    /// Which x's values products with J_k read.
    fn needs(&self, k: usize) -> &'static [usize];

    /// Whether y has the shape of x_0 and is made in its place.
    fn in_place(&self) -> bool {
        false
    }

    /// y. Overwrites `y`, which holds x_0 where it is made [in place](Self::in_place): x_0 is then read there alone.
    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]);

    /// Adds J_k v to `y`.
    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, y: &mut [R]);

    /// Adds J_kᵀ v to `x`.
    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]);

    /// Adds J_kᵀ v of all members to `x`, which they have in common.
    fn gradient(&self, members: &[(At<'_, R>, &[R])], k: usize, scratch: &mut Scratch<R>, x: &mut [R]) {
        members.iter().for_each(|&(at, v)| self.vjp(at, k, v, scratch, x));
    }
}

/// Adds Σ v over the pixels to x, which has one number a channel; the sums in f64.
fn total<R: Real>(v: &[R], x: &mut [R]) {
    let mut sums = vec![0.0; x.len()];
    for v in v.chunks_exact(x.len().max(1)) {
        sums.iter_mut().zip(v).for_each(|(sum, v)| *sum += v.wide());
    }
    x.iter_mut().zip(sums).for_each(|(x, sum)| *x += R::narrow(sum));
}

/// a_i += b_i.
fn add<R: Real>(a: &mut [R], b: &[R]) {
    a.iter_mut().zip(b).for_each(|(a, &b)| *a += b);
}
