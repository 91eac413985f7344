//! Winograd's F(2 × 2, 3 × 3): 16 products of matrices in place of 36 for every four pixels.
//!
//! y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A of a tile d of 4 × 4 pixels gives 2 × 2 (Lavin and Gray 2016, eq. 8). The last tile
//! along an axis of odd length gives pixels that nobody asked for.

mod gradient;
mod tile;

use crate::block::{Block, DEPTH, LEFT, RIGHT, ROWS, WIDE, product};
use crate::geometry::Geometry;
use crate::room::sized;
use crate::single::run;
use crate::{Convolution, Room};
pub(crate) use gradient::correlate;
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;
use tile::{Output, Tiles, gathered, input};

/// Places in a tile.
pub(super) const PLACES: usize = 16;
/// Numbers of transformed pixels at a time, so that they stay near the processor.
const NEAR: usize = 1 << 17;
/// Panels of 8 tiles at a time, at most.
const MOST: usize = 16;
/// Numbers that the products of a panel make.
const SUMS: usize = PLACES * ROWS * WIDE;

/// G g Gᵀ of all kernels, computed in f64: (filters in 32s, place, channels in 16s, 16 channels, 32 filters).
pub(crate) fn weights(of: &Convolution, entry: &dyn Fn(usize, usize, usize, usize) -> f32) -> Vec<f32> {
    let depth = of.channels.next_multiple_of(DEPTH);
    let mut all = vec![0.0; of.filters.next_multiple_of(WIDE) * PLACES * depth];
    for (panel, all) in all.chunks_exact_mut(WIDE * PLACES * depth).enumerate() {
        for c in 0..of.channels {
            for j in 0..WIDE.min(of.filters - panel * WIDE) {
                let kernel = std::array::from_fn(|k| {
                    std::array::from_fn(|l| f64::from(entry(panel * WIDE + j, c, k, l)))
                });
                for (place, u) in spread(kernel).into_iter().enumerate() {
                    all[(place * depth + c) * WIDE + j] = u as f32;
                }
            }
        }
    }
    all
}

/// G g Gᵀ.
fn spread(g: [[f64; 3]; 3]) -> [f64; PLACES] {
    let along = |g: [f64; 3]| [g[0], (g[0] + g[1] + g[2]) / 2.0, (g[0] - g[1] + g[2]) / 2.0, g[2]];
    let rows = g.map(along);
    let mut all = [0.0; PLACES];
    for l in 0..4 {
        for (k, value) in along([rows[0][l], rows[1][l], rows[2][l]]).into_iter().enumerate() {
            all[4 * k + l] = value;
        }
    }
    all
}

/// y = b + w ∗ x, or adds w ∗ x to y.
pub(crate) fn apply(
    at: &Geometry,
    x: &[f32],
    u: &[f32],
    bias: Option<&[f32]>,
    y: &mut [f32],
    room: &mut Room<f32>,
) {
    let tiles = Tiles::new(at);
    let (each, buffers) = room.cut(tiles.lines);
    let line = 2 * at.target[1] * at.of.filters;
    let mut shares: Vec<_> = y.chunks_mut(each * line).zip(buffers).collect();
    run(&mut shares, |k, (y, made)| {
        let lines = k * each..tiles.lines.min((k + 1) * each);
        Arch::new().dispatch(Apply { tiles: &tiles, x, u, bias, lines, y, made });
    });
}

/// Some lines of tiles, and the lines of y that are theirs.
struct Apply<'a> {
    tiles: &'a Tiles<'a>,
    x: &'a [f32],
    u: &'a [f32],
    bias: Option<&'a [f32]>,
    lines: Range<usize>,
    y: &'a mut [f32],
    made: &'a mut Vec<f32>,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { tiles, x, u, bias, lines, y, made } = self;
        let depth = tiles.at.of.channels.div_ceil(DEPTH);
        let panel = PLACES * depth * LEFT;
        let fitting = (NEAR / panel).clamp(8, MOST);
        let panels = fitting.min((lines.len() * tiles.wide).div_ceil(ROWS));
        let (left, sums) = sized(made, panels * (panel + SUMS)).split_at_mut(panels * panel);
        let sums = sums.as_chunks_mut::<{ ROWS * WIDE }>().0.as_chunks_mut::<PLACES>().0;
        let last = lines.end * tiles.wide;
        for from in (lines.start * tiles.wide..last).step_by(panels * ROWS) {
            let to = last.min(from + panels * ROWS);
            for (k, tile) in (from..to).enumerate() {
                transform(s, tiles, x, tile, k % ROWS, &mut left[k / ROWS * panel..][..panel]);
            }
            let left = &left[..(to - from).div_ceil(ROWS) * panel];
            for (f, right) in u.as_chunks::<RIGHT>().0.chunks_exact(PLACES * depth).enumerate() {
                products(s, left, right, sums);
                let mut out = Output { tiles, bias, from: f * WIDE, first: lines.start, y: &mut *y };
                for (sums, start) in sums.iter().zip((from..to).step_by(ROWS)) {
                    out.put(s, sums, start..to.min(start + ROWS));
                }
            }
        }
    }
}

/// The products of all panels, place by place, so that the weights of a place are fetched once.
#[inline(always)]
fn products<S: Simd>(s: S, left: &[f32], right: &[[f32; RIGHT]], sums: &mut [[Block; PLACES]]) {
    let (left, depth) = (left.as_chunks::<LEFT>().0, right.len() / PLACES);
    for (place, right) in right.chunks_exact(depth).enumerate() {
        for (left, sums) in left.chunks_exact(PLACES * depth).zip(&mut *sums) {
            product(s, &left[place * depth..][..depth], right, &mut sums[place]);
        }
    }
}

/// Bᵀ d B of a tile as row `row` of left factors, (place, channels in 16s, row, 16 channels).
#[inline(always)]
fn transform<S: Simd>(s: S, tiles: &Tiles<'_>, x: &[f32], tile: usize, row: usize, into: &mut [f32]) {
    let depth = tiles.at.of.channels.div_ceil(DEPTH);
    let pixels = gathered(tiles, x, tile);
    for c in 0..depth {
        for h in (0..DEPTH).step_by(S::F32_LANES) {
            let values = input(s, &pixels, c * DEPTH + h);
            for (place, value) in values.into_iter().enumerate() {
                let at = (place * depth + c) * LEFT + row * DEPTH + h;
                S::as_mut_simd_f32s(&mut into[at..at + S::F32_LANES]).0[0] = value;
            }
        }
    }
}
