//! Winograd's F(2 × 2, 3 × 3): 16 products of matrices in place of 36 for every four pixels.
//!
//! y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A of a tile d of 4 × 4 pixels gives 2 × 2 (Lavin and Gray 2016, eq. 8). The last tile
//! along an axis of odd length gives pixels that nobody asked for.

mod gradient;
mod kernel;
mod tile;

use crate::Room;
use crate::block::{Block, DEPTH, LEFT, RIGHT, ROWS, WIDE, columns, product};
use crate::geometry::Geometry;
use crate::room::{Cut, parts, sized};
use crate::single::run;
use crate::single::vector::widest;
pub(crate) use gradient::correlate;
pub(crate) use kernel::Taps;
use pulp::{Simd, WithSimd};
use std::ops::Range;
use tile::{Output, Tiles, gathered, input};

/// Places in a tile.
pub(super) const PLACES: usize = 16;
/// Numbers of transformed pixels at a time, so that they stay near the processor.
const NEAR: usize = 1 << 17;
/// Panels of 8 tiles at a time, at most.
const MOST: usize = 16;
/// Numbers of transformed weights at a time, at most but for a panel.
const WEIGHTS: usize = 1 << 18;
/// Numbers that the products of a panel make.
const SUMS: usize = PLACES * ROWS * WIDE;

/// y = b + w ∗ x, or adds w ∗ x to y.
pub(crate) fn apply(
    at: &Geometry,
    x: &[f32],
    taps: &Taps<'_>,
    bias: Option<&[f32]>,
    y: &mut [f32],
    room: &mut Room<f32>,
) {
    let tiles = Tiles::new(at);
    let Cut { each, buffers, weights } = room.cut(tiles.lines);
    let (filters, panel) = (at.of.filters.div_ceil(WIDE), taps.panel_len());
    let line = 2 * at.target[1] * at.of.filters;
    let lines = |k: usize| k * each..tiles.lines.min((k + 1) * each);
    if let ([made], true) = (&mut *buffers, together(&tiles, &lines(0)) * ROWS >= tiles.lines * tiles.wide) {
        // All tiles at once meet a panel's weights one time: no room for more than these.
        let u = Spread::Each(taps, sized(weights, panel));
        let part = Apply { tiles: &tiles, x, u, panels: 0..filters, bias, lines: lines(0), y, made };
        return widest(part);
    }
    for panels in parts(filters, panel, WEIGHTS) {
        let u = sized(weights, panels.len() * panel);
        let some = panels.len().div_ceil(buffers.len());
        let mut parts: Vec<_> = u.chunks_mut(some * panel).collect();
        run(&mut parts, |k, into| widest(taps.spread(panels.start + k * some, into)));
        let u = &*u;
        let mut shares: Vec<_> = y.chunks_mut(each * line).zip(&mut *buffers).collect();
        run(&mut shares, |k, (y, made)| {
            let (u, panels) = (Spread::All(u, panel), panels.clone());
            widest(Apply { tiles: &tiles, x, u, panels, bias, lines: lines(k), y, made });
        });
    }
}

/// Panels of 8 tiles that are taken together.
fn together(tiles: &Tiles<'_>, lines: &Range<usize>) -> usize {
    let fitting = (NEAR / panel_len(tiles)).clamp(8, MOST);
    fitting.min((lines.len() * tiles.wide).div_ceil(ROWS))
}

/// Numbers of 8 transformed tiles.
fn panel_len(tiles: &Tiles<'_>) -> usize {
    PLACES * tiles.at.of.channels.div_ceil(DEPTH) * LEFT
}

/// Where the transformed weights of panels of 32 filters come from.
enum Spread<'a> {
    /// Those that are asked for stand there, each of so many numbers.
    All(&'a [f32], usize),
    /// Each is made when it is asked for.
    Each(&'a Taps<'a>, &'a mut [f32]),
}

impl Spread<'_> {
    #[inline(always)]
    fn panel<S: Simd>(&mut self, s: S, panel: usize) -> &[[f32; RIGHT]] {
        match self {
            Self::All(all, len) => all[panel * *len..][..*len].as_chunks::<RIGHT>().0,
            Self::Each(taps, into) => {
                taps.spread(panel, into).with_simd(s);
                into.as_chunks::<RIGHT>().0
            }
        }
    }
}

/// Some lines of tiles, and the lines of y that are theirs.
struct Apply<'a> {
    tiles: &'a Tiles<'a>,
    x: &'a [f32],
    u: Spread<'a>,
    /// Panels of 32 filters.
    panels: Range<usize>,
    bias: Option<&'a [f32]>,
    lines: Range<usize>,
    y: &'a mut [f32],
    made: &'a mut Vec<f32>,
}

impl WithSimd for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let Self { tiles, x, mut u, panels: asked, bias, lines, y, made } = self;
        let (panel, panels) = (panel_len(tiles), together(tiles, &lines));
        let (left, sums) = sized(made, panels * (panel + SUMS)).split_at_mut(panels * panel);
        let sums = sums.as_chunks_mut::<{ ROWS * WIDE }>().0.as_chunks_mut::<PLACES>().0;
        let last = lines.end * tiles.wide;
        for from in (lines.start * tiles.wide..last).step_by(panels * ROWS) {
            let to = last.min(from + panels * ROWS);
            for (k, tile) in (from..to).enumerate() {
                transform(s, tiles, x, tile, k % ROWS, &mut left[k / ROWS * panel..][..panel]);
            }
            let left = &left[..(to - from).div_ceil(ROWS) * panel];
            for (k, f) in asked.clone().enumerate() {
                products(s, left, u.panel(s, k), columns(tiles.at.of.filters, f), sums);
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
fn products<S: Simd>(
    s: S,
    left: &[f32],
    right: &[[f32; RIGHT]],
    columns: usize,
    sums: &mut [[Block; PLACES]],
) {
    let (left, depth) = (left.as_chunks::<LEFT>().0, right.len() / PLACES);
    for (place, right) in right.chunks_exact(depth).enumerate() {
        for (left, sums) in left.chunks_exact(PLACES * depth).zip(&mut *sums) {
            product(s, &left[place * depth..][..depth], right, columns, &mut sums[place]);
        }
    }
}

/// Bᵀ d B of a tile as row `row` of left factors, (place, channels in 16s, row, 16 channels).
#[inline(always)]
fn transform<S: Simd>(s: S, tiles: &Tiles<'_>, x: &[f32], tile: usize, row: usize, into: &mut [f32]) {
    let depth = tiles.at.of.channels.div_ceil(DEPTH);
    let pixels = gathered(tiles, x, tile);
    let mut made = [[0.0; DEPTH]; PLACES];
    for c in 0..depth {
        for h in (0..DEPTH).step_by(S::F32_LANES) {
            let values = input(s, &pixels, c * DEPTH + h);
            for (place, value) in values.into_iter().enumerate() {
                S::as_mut_simd_f32s(&mut made[place][h..h + S::F32_LANES]).0[0] = value;
            }
        }
        for (place, made) in made.iter().enumerate() {
            into[(place * depth + c) * LEFT + row * DEPTH..][..DEPTH].copy_from_slice(made);
        }
    }
}
