//! Passes over a row-major matrix of modes, block by block of a field.
//!
//! Blocks are shared among threads; what is added in which order depends on the lengths alone, so the bits
//! are the same on any number of threads and for vectors of any width.

use equipoise_field::{Real, sum};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Entries of a field handled together, so that a block of all modes' partial sums stays in cache.
pub(super) const BLOCK: usize = sum::BLOCK;
/// Products added in `R` before they enter an `f64` accumulator.
const RUN: usize = 16;
/// Interleaved accumulators of one run.
const LANES: usize = 16;
/// Rows that are read side by side: a block of the field is loaded once for all of them.
const ROWS: usize = 4;
/// Blocks that a row is read along before the next rows are: long stretches of memory, while this part of
/// the field stays in the second-level cache.
const TILE: usize = 16;

/// ⟨row_i, v⟩ for the `rows` rows of a row-major matrix, blocks of `v` read once.
///
/// Runs of 16 products in each of 16 lanes are added in `R`; the runs of a lane, the lanes of a block and
/// the blocks in `f64`, in a tree that depends on the length alone.
///
/// # Panics
/// If `matrix` is not of length rows · v.len().
pub fn project<R: Real>(matrix: &[R], rows: usize, v: &[R]) -> Vec<f64> {
    let dim = v.len();
    assert_eq!(matrix.len(), rows * dim, "project: matrix length");
    over_tiles(rows, dim, rows, |start, end, out| tile_dots(matrix, rows, dim, start, &v[start..end], out))
}

/// ⟨row_i, v⟩ as [`project`] has it, then ‖v‖², for a field that is not kept: `make(start, block)` writes
/// its entries from `start` on.
pub(super) fn project_made<R: Real>(
    matrix: &[R],
    rows: usize,
    dim: usize,
    make: impl Fn(usize, &mut [R]) + Sync,
) -> Vec<f64> {
    over_tiles(rows, dim, rows + 1, |start, end, out| {
        let mut v = vec![R::zero(); end - start];
        for (b, block) in v.chunks_mut(BLOCK).enumerate() {
            make(start + b * BLOCK, block);
            out[b * (rows + 1) + rows] = sum::squared_norm(block);
        }
        tile_dots(matrix, rows, dim, start, &v, out);
    })
}

/// out = what `make` writes + Σ_i c_i row_i, then handed to `finish`, block by block; both are given the
/// index of a block's first entry. Returns the sum of what `make` returns, by the fixed tree.
pub(super) fn expand<R: Real>(
    matrix: &[R],
    c: &[R],
    out: &mut [R],
    make: impl Fn(usize, &mut [R]) -> f64 + Sync,
    finish: impl Fn(usize, &mut [R]) + Sync,
) -> f64 {
    let dim = out.len();
    let arch = Arch::new();
    let pass = |(tile, out): (usize, &mut [R])| -> Vec<f64> {
        let start = tile * TILE * BLOCK;
        let blocks = |out: &mut [R], each: &mut dyn FnMut(usize, &mut [R])| {
            out.chunks_mut(BLOCK).enumerate().for_each(|(b, block)| each(start + b * BLOCK, block));
        };
        let mut made = Vec::with_capacity(TILE);
        blocks(out, &mut |at, block| made.push(make(at, block)));
        let len = out.len();
        let row = |i: usize| &matrix[i * dim + start..][..len];
        let whole = c.len() / ROWS * ROWS;
        for i in (0..whole).step_by(ROWS) {
            let rows = std::array::from_fn::<_, ROWS, _>(|j| row(i + j));
            let c = std::array::from_fn(|j| c[i + j]);
            arch.dispatch(AddScaled { rows, c, out: &mut *out });
        }
        for i in whole..c.len() {
            arch.dispatch(AddScaled { rows: [row(i)], c: [c[i]], out: &mut *out });
        }
        blocks(out, &mut |at, block| finish(at, block));
        made
    };
    let made: Vec<Vec<f64>> = if c.len().max(1) * dim >= sum::PARALLEL_FROM {
        out.par_chunks_mut(TILE * BLOCK).enumerate().map(pass).collect()
    } else {
        out.chunks_mut(TILE * BLOCK).enumerate().map(pass).collect()
    };
    sum::pairwise(&mut made.concat())
}

/// `count` numbers per block, each added over the blocks by the fixed tree; `tile(start, end, out)` writes
/// those of some blocks, one block after the other.
fn over_tiles(
    rows: usize,
    dim: usize,
    count: usize,
    tile: impl Fn(usize, usize, &mut [f64]) + Sync,
) -> Vec<f64> {
    let blocks = dim.div_ceil(BLOCK);
    let mut partial = vec![0.0; blocks * count];
    let size = (TILE * count).max(1);
    let one = |(t, out): (usize, &mut [f64])| {
        tile(t * TILE * BLOCK, dim.min((t + 1) * TILE * BLOCK), out);
    };
    if rows.max(1) * dim >= sum::PARALLEL_FROM {
        partial.par_chunks_mut(size).enumerate().for_each(one);
    } else {
        partial.chunks_mut(size).enumerate().for_each(one);
    }
    let column = |i: usize| partial.iter().skip(i).step_by(count).copied().collect::<Vec<_>>();
    (0..count).map(|i| sum::pairwise(&mut column(i))).collect()
}

/// ⟨row_i, v⟩ over every block of the tile that starts at `start`; `out` holds as many numbers for each
/// block, of which the first `rows` are written.
fn tile_dots<R: Real>(matrix: &[R], rows: usize, dim: usize, start: usize, v: &[R], out: &mut [f64]) {
    let arch = Arch::new();
    let count = out.len() / v.len().div_ceil(BLOCK).max(1);
    let row = |i: usize| &matrix[i * dim + start..][..v.len()];
    let whole = rows / ROWS * ROWS;
    for i in (0..whole).step_by(ROWS) {
        for (b, v) in v.chunks(BLOCK).enumerate() {
            let part = |j: usize| &row(i + j)[b * BLOCK..][..v.len()];
            let dots = arch.dispatch(Dots { rows: std::array::from_fn::<_, ROWS, _>(part), v });
            out[b * count + i..][..ROWS].copy_from_slice(&dots);
        }
    }
    for i in whole..rows {
        for (b, v) in v.chunks(BLOCK).enumerate() {
            [out[b * count + i]] = arch.dispatch(Dots { rows: [&row(i)[b * BLOCK..][..v.len()]], v });
        }
    }
}

/// ⟨row_j, v⟩ for K rows of one block.
struct Dots<'a, R, const K: usize> {
    rows: [&'a [R]; K],
    v: &'a [R],
}

impl<R: Real, const K: usize> WithSimd for Dots<'_, R, K> {
    type Output = [f64; K];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; K] {
        let Self { rows, v } = self;
        let (runs, last) = v.as_chunks::<{ RUN * LANES }>();
        let parts: [_; K] = std::array::from_fn(|j| rows[j].as_chunks::<{ RUN * LANES }>());
        let mut total = [[0.0; LANES]; K];
        for (k, v) in runs.iter().enumerate() {
            for (part, total) in parts.iter().zip(&mut total) {
                widen(products(&part.0[k], v), total);
            }
        }
        for (part, total) in parts.iter().zip(&mut total) {
            let mut lanes = [R::zero(); LANES];
            for (i, (&a, &b)) in part.1.iter().zip(last).enumerate() {
                lanes[i % LANES] += a * b;
            }
            widen(lanes, total);
        }
        total.map(|mut lanes| sum::pairwise(&mut lanes))
    }
}

/// The products of one whole run, lane by lane.
#[inline(always)]
fn products<R: Real>(row: &[R; RUN * LANES], v: &[R; RUN * LANES]) -> [R; LANES] {
    let mut lanes = [R::zero(); LANES];
    for (a, b) in row.as_chunks::<LANES>().0.iter().zip(v.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] += a[l] * b[l];
        }
    }
    lanes
}

#[inline(always)]
fn widen<R: Real>(lanes: [R; LANES], total: &mut [f64; LANES]) {
    total.iter_mut().zip(lanes).for_each(|(t, l)| *t += l.wide());
}

/// out ← (…(out + c_0 row_0) + …) + c_{K−1} row_{K−1}, in this order.
struct AddScaled<'a, R, const K: usize> {
    rows: [&'a [R]; K],
    c: [R; K],
    out: &'a mut [R],
}

impl<R: Real, const K: usize> WithSimd for AddScaled<'_, R, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { rows, c, out } = self;
        let len = out.len();
        let rows: [&[R]; K] = std::array::from_fn(|j| &rows[j][..len]);
        for i in 0..len {
            let mut value = out[i];
            for j in 0..K {
                value += c[j] * rows[j][i];
            }
            out[i] = value;
        }
    }
}
