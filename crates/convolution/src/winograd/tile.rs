//! A tile of 4 × 4 pixels and the 2 × 2 that it gives.

use super::PLACES;
use crate::block::{Block, WIDE};
use crate::geometry::{Geometry, NONE};
use crate::single::vector::{load, store};
use pulp::Simd;
use std::ops::Range;

/// The tiles of a grid.
#[derive(Debug)]
pub(super) struct Tiles<'a> {
    pub(super) at: &'a Geometry,
    pub(super) lines: usize,
    pub(super) wide: usize,
    /// The pixels of x that points of the padded axes stand for.
    meets: [Vec<usize>; 2],
}

impl<'a> Tiles<'a> {
    pub(super) fn new(at: &'a Geometry) -> Self {
        let [lines, wide] = at.target.map(|points| points.div_ceil(2));
        let along = |axis, tiles: usize| (0..2 * tiles + 2).map(|point| at.meets(axis, point)).collect();
        Self { at, lines, wide, meets: [along(0, lines), along(1, wide)] }
    }
}

/// The channels of the pixels of a tile; none in the zeros.
#[inline(always)]
pub(super) fn gathered<'x>(tiles: &Tiles<'_>, x: &'x [f32], tile: usize) -> [&'x [f32]; PLACES] {
    let (i, j, channels) = (2 * (tile / tiles.wide), 2 * (tile % tiles.wide), tiles.at.of.channels);
    let mut pixels: [&[f32]; PLACES] = [&[]; PLACES];
    for (k, &row) in tiles.meets[0][i..i + 4].iter().enumerate() {
        for (l, &column) in tiles.meets[1][j..j + 4].iter().enumerate() {
            if row != NONE && column != NONE {
                pixels[4 * k + l] = &x[(row * tiles.at.source[1] + column) * channels..][..channels];
            }
        }
    }
    pixels
}

/// Bᵀ d B of the channels from `c` on.
#[inline(always)]
pub(super) fn input<S: Simd>(s: S, pixels: &[&[f32]; PLACES], c: usize) -> [S::f32s; PLACES] {
    let mut d = [s.splat_f32s(0.0); PLACES];
    for k in 0..PLACES {
        d[k] = load(s, pixels[k], c);
    }
    for l in 0..4 {
        [d[l], d[4 + l], d[8 + l], d[12 + l]] = along(s, [d[l], d[4 + l], d[8 + l], d[12 + l]]);
    }
    for k in [0, 4, 8, 12] {
        [d[k], d[k + 1], d[k + 2], d[k + 3]] = along(s, [d[k], d[k + 1], d[k + 2], d[k + 3]]);
    }
    d
}

/// Bᵀ d.
#[inline(always)]
fn along<S: Simd>(s: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
    [s.sub_f32s(a, c), s.add_f32s(b, c), s.sub_f32s(c, b), s.sub_f32s(b, d)]
}

/// Where 32 channels of y from `from` on go.
pub(super) struct Output<'a> {
    pub(super) tiles: &'a Tiles<'a>,
    pub(super) bias: Option<&'a [f32]>,
    pub(super) from: usize,
    /// The line of tiles that `y` begins with.
    pub(super) first: usize,
    pub(super) y: &'a mut [f32],
}

impl Output<'_> {
    /// y = b + Aᵀ m A of some tiles, or y += Aᵀ m A.
    #[inline(always)]
    pub(super) fn put<S: Simd>(&mut self, s: S, sums: &[Block; PLACES], tiles: Range<usize>) {
        let (filters, [_, width]) = (self.tiles.at.of.filters, self.tiles.at.target);
        let channels = WIDE.min(filters - self.from);
        for (t, tile) in tiles.enumerate() {
            let (i, j) = (2 * (tile / self.tiles.wide - self.first), 2 * (tile % self.tiles.wide));
            for h in (0..channels).step_by(S::F32_LANES) {
                let made = output(s, sums, t * WIDE + h);
                let bias = self.bias.map(|bias| load(s, bias, self.from + h));
                for (k, made) in made.into_iter().enumerate() {
                    let (row, column) = (i + k / 2, j + k % 2);
                    if column >= width {
                        continue;
                    }
                    let Some(y) = self.y.get_mut((row * width + column) * filters..) else { continue };
                    let Some(y) = y.get_mut(..filters) else { continue };
                    let start = match bias {
                        Some(bias) => bias,
                        None => load(s, y, self.from + h),
                    };
                    store(s, y, self.from + h, s.add_f32s(start, made));
                }
            }
        }
    }
}

/// Aᵀ m A at `at` of every place.
#[inline(always)]
fn output<S: Simd>(s: S, sums: &[Block; PLACES], at: usize) -> [S::f32s; 4] {
    let mut m = [s.splat_f32s(0.0); PLACES];
    for k in 0..PLACES {
        m[k] = S::as_simd_f32s(&sums[k][at..at + S::F32_LANES]).0[0];
    }
    let mut half = [[s.splat_f32s(0.0); 2]; 4];
    for l in 0..4 {
        half[l] = back(s, [m[l], m[4 + l], m[8 + l], m[12 + l]]);
    }
    let [a, b] = back(s, [half[0][0], half[1][0], half[2][0], half[3][0]]);
    let [c, d] = back(s, [half[0][1], half[1][1], half[2][1], half[3][1]]);
    [a, b, c, d]
}

/// Aᵀ m.
#[inline(always)]
fn back<S: Simd>(s: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
    [s.add_f32s(s.add_f32s(a, b), c), s.sub_f32s(s.sub_f32s(b, c), d)]
}

/// A dy Aᵀ of the channels of y's gradient from `c` on: dy = (a, b; c, d), nothing beyond the edge.
#[inline(always)]
pub(super) fn slope<S: Simd>(s: S, pixels: &[&[f32]; 4], c: usize) -> [S::f32s; PLACES] {
    let mut all = [s.splat_f32s(0.0); PLACES];
    let [p, q, r, t] = *pixels;
    let (p, q, r, t) = (load(s, p, c), load(s, q, c), load(s, r, c), load(s, t, c));
    let (left, right) = (forth(s, [p, r]), forth(s, [q, t]));
    for k in 0..4 {
        [all[4 * k], all[4 * k + 1], all[4 * k + 2], all[4 * k + 3]] = forth(s, [left[k], right[k]]);
    }
    all
}

/// A y.
#[inline(always)]
fn forth<S: Simd>(s: S, [a, b]: [S::f32s; 2]) -> [S::f32s; 4] {
    [a, s.add_f32s(a, b), s.sub_f32s(a, b), s.neg_f32s(b)]
}

/// The channels of the pixels of y that a tile gives; none beyond the edge.
#[inline(always)]
pub(super) fn given<'v>(tiles: &Tiles<'_>, v: &'v [f32], tile: usize) -> [&'v [f32]; 4] {
    let (i, j) = (2 * (tile / tiles.wide), 2 * (tile % tiles.wide));
    let ([height, width], filters) = (tiles.at.target, tiles.at.of.filters);
    let mut pixels: [&[f32]; 4] = [&[]; 4];
    for k in 0..4 {
        let (row, column) = (i + k / 2, j + k % 2);
        if row < height && column < width {
            pixels[k] = &v[(row * width + column) * filters..][..filters];
        }
    }
    pixels
}
