//! Pixels as left factors of blocks.

use crate::block::{DEPTH, LEFT};
use crate::geometry::Geometry;

/// Numbers `from`.. of row i of a left factor.
#[inline(always)]
fn write(left: &mut [f32], i: usize, mut from: usize, mut numbers: &[f32]) {
    while !numbers.is_empty() {
        let (block, within) = (from / DEPTH, from % DEPTH);
        let (now, later) = numbers.split_at(numbers.len().min(DEPTH - within));
        left[block * LEFT + i * DEPTH + within..][..now.len()].copy_from_slice(now);
        (from, numbers) = (from + now.len(), later);
    }
}

/// What the kernel meets at `count` pixels of y from `first` on, one row each. Overwrites `left`.
#[inline(always)]
pub(super) fn pixels(at: &Geometry, x: &[f32], first: usize, count: usize, left: &mut [f32]) {
    left.fill(0.0);
    let channels = at.of.channels;
    for i in 0..count {
        at.walk(first + i, |k, pixel| write(left, i, k, &x[pixel * channels..][..channels]));
    }
}

/// Rows of `len` numbers. Overwrites `left`.
#[inline(always)]
pub(super) fn rows(of: &[f32], len: usize, left: &mut [f32]) {
    left.fill(0.0);
    for (i, row) in of.chunks_exact(len).enumerate() {
        write(left, i, 0, row);
    }
}
