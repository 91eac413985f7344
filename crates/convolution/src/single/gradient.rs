//! The gradient of weights whose pixels are gathered.

use super::run;
use super::vector::widest;
use crate::Room;
use crate::block::{DEPTH, PAIR, RIGHT, ROWS, WIDE, add_panels};
use crate::geometry::Geometry;
use crate::room::Cut;
use pulp::{Simd, WithSimd};

/// Pixels of y at a time.
const TOGETHER: usize = 512;
/// Numbers of a block of the left factor.
const LEFT: usize = PAIR * DEPTH;

/// Adds the sums over all pairs to `w`, (filters, channels, kh, kw).
pub(crate) fn correlate(at: &Geometry, pairs: &[[&[f32]; 2]], w: &mut [f32], room: &mut Room<f32>) {
    let (filters, terms) = (at.of.filters, at.taps() * at.of.channels);
    let (panels, wide) = (terms.div_ceil(PAIR), filters.div_ceil(WIDE));
    let Cut { each, buffers, .. } = room.cut(panels);
    let pixels = at.target[0] * at.target[1];
    let blocks = TOGETHER.min(pixels).div_ceil(DEPTH);
    let (mut left, mut right) = (vec![0.0; panels * blocks * LEFT], vec![0.0; wide * blocks * RIGHT]);
    for buffer in buffers.iter_mut() {
        buffer.clear();
        buffer.resize(each * wide * PAIR * WIDE, 0.0);
    }
    for [x, v] in pairs {
        for first in (0..pixels).step_by(TOGETHER) {
            let count = TOGETHER.min(pixels - first);
            gather(at, x, [first, count, blocks], &mut left);
            let v = &v[first * filters..(first + count) * filters];
            spread(v, filters, blocks, &mut right);
            run(buffers, |share, sums| {
                let left = &left[(share * each * blocks * LEFT).min(left.len())..];
                widest(Sums { left, right: &right, blocks, filters, sums });
            });
        }
    }
    let (channels, taps) = (at.of.channels, at.taps());
    for (f, w) in w.chunks_exact_mut(terms).enumerate() {
        for k in 0..terms {
            let (panel, row) = (k / PAIR, k % PAIR);
            let place = ((panel % each * wide + f / WIDE) * PAIR + row) * WIDE + f % WIDE;
            w[k % channels * taps + k / channels] += buffers[panel / each][place];
        }
    }
}

/// (terms in 16s, pixels in 16s, 16 pixels, 16 terms). Overwrites `left`.
fn gather(at: &Geometry, x: &[f32], [first, count, blocks]: [usize; 3], left: &mut [f32]) {
    left.fill(0.0);
    let channels = at.of.channels;
    for p in 0..count {
        at.walk(first + p, |from, pixel| {
            for (k, &x) in (from..).zip(&x[pixel * channels..][..channels]) {
                let block = k / PAIR * blocks + p / DEPTH;
                left[block * LEFT + p % DEPTH * PAIR + k % PAIR] = x;
            }
        });
    }
}

/// (filters in 32s, pixels in 16s, 16 pixels, 32 filters). Overwrites `right`.
fn spread(v: &[f32], filters: usize, blocks: usize, right: &mut [f32]) {
    right.fill(0.0);
    for (p, v) in v.chunks_exact(filters).enumerate() {
        for (panel, v) in v.chunks(WIDE).enumerate() {
            right[(panel * blocks * DEPTH + p) * WIDE..][..v.len()].copy_from_slice(v);
        }
    }
}

/// Sums of some panels of terms: (terms in 16s, filters in 32s, 16 terms, 32 filters).
struct Sums<'a> {
    left: &'a [f32],
    right: &'a [f32],
    blocks: usize,
    filters: usize,
    sums: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { left, right, blocks, filters, sums } = self;
        let (left, right) = (left.as_chunks::<LEFT>().0, right.as_chunks::<RIGHT>().0);
        add_panels::<S, 1>(s, (blocks, filters), left, right, sums.as_chunks_mut::<{ ROWS * WIDE }>().0);
    }
}
