//! The gradient of Winograd's kernels: Gᵀ[Σ (Bᵀ d B) ⊙ (A dy Aᵀ)]G, the adjoint of the product that gave y.

use super::tile::{Tiles, gathered, given, input, slope};
use super::{PLACES, run};
use crate::Room;
use crate::block::{DEPTH, PAIR, RIGHT, ROWS, WIDE, add_panels};
use crate::geometry::Geometry;
use crate::room::{Cut, sized};
use crate::single::vector::widest;
use pulp::{Simd, WithSimd};

/// Tiles at a time, so that the slopes of a place and 32 filters stay nearest to the processor.
const TOGETHER: usize = 128;
/// Panels of 16 channels at a time.
const GROUP: usize = 8;
/// Numbers of a block of the left factor.
const LEFT: usize = PAIR * DEPTH;

/// Adds the sums over all pairs to `w`, (filters, channels, 3, 3).
pub(crate) fn correlate(at: &Geometry, pairs: &[[&[f32]; 2]], w: &mut [f32], room: &mut Room<f32>) {
    let tiles = Tiles::new(at);
    let all = tiles.lines * tiles.wide;
    let blocks = TOGETHER.min(all).div_ceil(DEPTH);
    let (panels, wide) = (at.of.channels.div_ceil(PAIR), at.of.filters.div_ceil(WIDE));
    let Cut { each, buffers, .. } = room.cut(panels);
    let (sum, left) = (PLACES * wide * PAIR * WIDE, each.min(GROUP) * PLACES * blocks * LEFT);
    let mut right = vec![0.0; wide * PLACES * blocks * RIGHT];
    let each_right = wide.div_ceil(buffers.len());
    for buffer in buffers.iter_mut() {
        sized(buffer, left + each * sum)[left..].fill(0.0);
    }
    for [x, v] in pairs {
        for first in (0..all).step_by(TOGETHER) {
            let part = Part { tiles: &tiles, first, count: TOGETHER.min(all - first), blocks };
            let mut shares: Vec<_> = right.chunks_mut(each_right * PLACES * blocks * RIGHT).collect();
            run(&mut shares, |k, right| {
                widest(Slopes { part, v, first: k * each_right, right });
            });
            run(buffers, |k, buffer| {
                let (left, sums) = buffer[..left + each * sum].split_at_mut(left);
                widest(Sums { part, x, first: k * each, right: &right, left, sums });
            });
        }
    }
    let sums: Vec<&[f32]> =
        buffers.iter().flat_map(|buffer| buffer[left..left + each * sum].chunks_exact(sum)).collect();
    for (f, w) in w.chunks_exact_mut(9 * at.of.channels).enumerate() {
        for (c, w) in w.chunks_exact_mut(9).enumerate() {
            let place = |place: usize| {
                let panel = (place * wide + f / WIDE) * PAIR + c % PAIR;
                f64::from(sums[c / PAIR][panel * WIDE + f % WIDE])
            };
            gathered_kernel(std::array::from_fn(place), w);
        }
    }
}

/// Adds Gᵀ u G to w.
fn gathered_kernel(u: [f64; PLACES], w: &mut [f32]) {
    let along = |u: [f64; 4]| [u[0] + (u[1] + u[2]) / 2.0, (u[1] - u[2]) / 2.0, (u[1] + u[2]) / 2.0 + u[3]];
    let rows: [[f64; 3]; 4] =
        std::array::from_fn(|k| along([u[4 * k], u[4 * k + 1], u[4 * k + 2], u[4 * k + 3]]));
    for l in 0..3 {
        for (k, value) in along([rows[0][l], rows[1][l], rows[2][l], rows[3][l]]).into_iter().enumerate() {
            w[3 * k + l] += value as f32;
        }
    }
}

/// Some tiles, in so many blocks of 16.
#[derive(Clone, Copy)]
struct Part<'a> {
    tiles: &'a Tiles<'a>,
    first: usize,
    count: usize,
    blocks: usize,
}

/// A dy Aᵀ: (filters in 32s, place, tiles in 16s, 16 tiles, 32 filters), from panel `first` of the filters on.
struct Slopes<'a, 'b> {
    part: Part<'a>,
    v: &'a [f32],
    first: usize,
    right: &'b mut [f32],
}

impl WithSimd for Slopes<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { part: Part { tiles, first: from, count, blocks }, v, first, right } = self;
        let place_len = blocks * RIGHT;
        for t in 0..blocks * DEPTH {
            let pixels = if t < count { given(tiles, v, from + t) } else { [&[][..]; 4] };
            for (panel, right) in right.chunks_exact_mut(PLACES * place_len).enumerate() {
                for h in (0..WIDE).step_by(S::F32_LANES) {
                    let values = slope(s, &pixels, (first + panel) * WIDE + h);
                    for (place, value) in values.into_iter().enumerate() {
                        let at = place * place_len + t * WIDE + h;
                        S::as_mut_simd_f32s(&mut right[at..at + S::F32_LANES]).0[0] = value;
                    }
                }
            }
        }
    }
}

/// Sums of some panels of channels: (channels in 16s, place, filters in 32s, 16 channels, 32 filters).
struct Sums<'a, 'b> {
    part: Part<'a>,
    x: &'a [f32],
    first: usize,
    right: &'a [f32],
    /// Bᵀ d B of some panels: (channels in 16s, place, tiles in 16s, 16 tiles, 16 channels).
    left: &'b mut [f32],
    sums: &'b mut [f32],
}

impl WithSimd for Sums<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { part: Part { tiles, first: from, count, blocks }, x, first, right, left, sums } = self;
        let channels = tiles.at.of.channels;
        let (right, _) = right.as_chunks::<RIGHT>();
        let wide = right.len() / (PLACES * blocks);
        let (each, one) = (PLACES * blocks * LEFT, PLACES * wide * PAIR * WIDE);
        for (group, sums) in sums.chunks_mut(GROUP * one).enumerate() {
            let from_panel = first + group * GROUP;
            let panels = (sums.len() / one).min(channels.div_ceil(PAIR).saturating_sub(from_panel));
            for t in 0..blocks * DEPTH {
                let pixels = if t < count { gathered(tiles, x, from + t) } else { [&[][..]; PLACES] };
                for (panel, left) in left.chunks_exact_mut(each).enumerate().take(panels) {
                    let c = (from_panel + panel) * PAIR;
                    for h in (0..PAIR).step_by(S::F32_LANES) {
                        for (place, value) in input(s, &pixels, c + h).into_iter().enumerate() {
                            let at = place * blocks * LEFT + t * PAIR + h;
                            S::as_mut_simd_f32s(&mut left[at..at + S::F32_LANES]).0[0] = value;
                        }
                    }
                }
            }
            let left = left[..panels * each].as_chunks::<LEFT>().0;
            let sums = &mut sums.as_chunks_mut::<{ ROWS * WIDE }>().0[..panels * 2 * PLACES * wide];
            add_panels::<S, PLACES>(s, (blocks, tiles.at.of.filters), left, right, sums);
        }
    }
}
