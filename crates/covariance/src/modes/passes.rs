//! Passes over a row-major matrix of modes, block by block of a field.
//!
//! Blocks are shared among threads; what is added in which order depends on the lengths alone, so the bits
//! are the same on any number of threads and for vectors of any width. What a pass is to do beside is known by
//! reference: a pass is compiled once for an element and a storage.

use equipoise_field::{Real, each, sum};
use pulp::Arch;

/// Entries of a field handled together, so that a block of all modes' partial sums stays in cache.
pub(super) const BLOCK: usize = sum::BLOCK;
/// Products added in `R` before they enter an `f64` accumulator: the exception to the rule of
/// [`Real`], and what it costs.
const RUN: usize = 16;
/// Interleaved accumulators of one run.
const LANES: usize = 16;
/// Runs of a block.
const RUNS: usize = BLOCK / (RUN * LANES);
/// Rows that are read side by side: a block of the field is loaded once for all of them.
const ROWS: usize = 4;
/// Blocks that a row is read along before the next rows are: long stretches of memory, while this part of
/// the field stays in the second-level cache.
const TILE: usize = 16;

/// A row-major matrix that the passes read block by block.
pub(super) trait Rows<R>: Sync {
    /// What is stored.
    type Entry: Copy + Sync;

    fn rows(&self) -> usize;

    /// Entries `start .. start + len` of a row, within one block.
    fn part(&self, row: usize, start: usize, len: usize) -> &[Self::Entry];

    /// The unit of the block that starts at `start`, a power of two.
    fn scale(&self, row: usize, start: usize) -> R;

    /// An entry in its unit.
    fn value(entry: Self::Entry) -> R;
}

/// [`Panel::project`](super::Panel::project) for rows in any storage.
pub(super) fn project<R: Real, M: Rows<R>>(matrix: &M, v: &[R]) -> Vec<f64> {
    over_tiles(matrix.rows(), v.len(), matrix.rows(), &|start, end, out| {
        tile_dots(matrix, start, &v[start..end], out);
    })
}

/// [`Panel::project_made`](super::Panel::project_made) for rows in any storage.
pub(super) fn project_made<R: Real, M: Rows<R>, const K: usize>(
    matrix: &M,
    dim: usize,
    make: &(dyn Fn(usize, &mut [R]) -> [f64; K] + Sync),
) -> (Vec<f64>, [f64; K]) {
    let rows = matrix.rows();
    let mut sums = over_tiles(rows, dim, rows + K, &|start, end, out| {
        let mut v = vec![R::zero(); end - start];
        for ((b, block), out) in v.chunks_mut(BLOCK).enumerate().zip(out.chunks_mut(rows + K)) {
            out[rows..].copy_from_slice(&make(start + b * BLOCK, block));
        }
        tile_dots(matrix, start, &v, out);
    });
    let made = std::array::from_fn(|k| sums[rows + k]);
    sums.truncate(rows);
    (sums, made)
}

/// out = what `make` leaves of it + Σ_i c_i row_i, then handed to `finish`, block by block; both are given the
/// index of a block's first entry. Returns the sum of what `make` returns, by the fixed tree.
pub(super) fn expand<R: Real, M: Rows<R>>(
    matrix: &M,
    c: &[R],
    out: &mut [R],
    make: &(dyn Fn(usize, &mut [R]) -> f64 + Sync),
    finish: &(dyn Fn(usize, &mut [R]) + Sync),
) -> f64 {
    let dim = out.len();
    let pass = |tile: usize, out: &mut [R]| -> Vec<f64> {
        let start = tile * TILE * BLOCK;
        let mut made = Vec::with_capacity(TILE);
        for (b, block) in out.chunks_mut(BLOCK).enumerate() {
            made.push(make(start + b * BLOCK, block));
        }
        let whole = c.len() / ROWS * ROWS;
        for i in (0..whole).step_by(ROWS) {
            add_scaled::<R, M, ROWS>(matrix, i, c, start, out);
        }
        for i in whole..c.len() {
            add_scaled::<R, M, 1>(matrix, i, c, start, out);
        }
        for (b, block) in out.chunks_mut(BLOCK).enumerate() {
            finish(start + b * BLOCK, block);
        }
        made
    };
    let made: Vec<Vec<f64>> = if c.len().max(1) * dim >= sum::PARALLEL_FROM {
        each::chunk_making(out, TILE * BLOCK, pass)
    } else {
        out.chunks_mut(TILE * BLOCK).enumerate().map(|(tile, out)| pass(tile, out)).collect()
    };
    sum::pairwise(&mut made.concat())
}

/// Adds K rows from row `i` on to the entries from `start` on.
fn add_scaled<R: Real, M: Rows<R>, const K: usize>(
    matrix: &M,
    i: usize,
    c: &[R],
    start: usize,
    out: &mut [R],
) {
    let arch = Arch::new();
    for (b, out) in out.chunks_mut(BLOCK).enumerate() {
        let at = start + b * BLOCK;
        let rows = std::array::from_fn::<_, K, _>(|j| matrix.part(i + j, at, out.len()));
        let c = std::array::from_fn(|j| c[i + j] * matrix.scale(i + j, at));
        arch.dispatch(
            #[inline(always)]
            move || add_block::<R, M, K>(rows, c, out),
        );
    }
}

/// `count` numbers per block, each added over the blocks by the fixed tree; `tile(start, end, out)` writes
/// those of some blocks, one block after the other.
fn over_tiles(
    rows: usize,
    dim: usize,
    count: usize,
    tile: &(dyn Fn(usize, usize, &mut [f64]) + Sync),
) -> Vec<f64> {
    let blocks = dim.div_ceil(BLOCK);
    let mut partial = vec![0.0; blocks * count];
    let size = (TILE * count).max(1);
    let one = |t: usize, out: &mut [f64]| {
        tile(t * TILE * BLOCK, dim.min((t + 1) * TILE * BLOCK), out);
    };
    if rows.max(1) * dim >= sum::PARALLEL_FROM {
        each::chunk(&mut partial, size, one);
    } else {
        partial.chunks_mut(size).enumerate().for_each(|(t, out)| one(t, out));
    }
    let column = |i: usize| partial.iter().skip(i).step_by(count).copied().collect::<Vec<_>>();
    (0..count).map(|i| sum::pairwise(&mut column(i))).collect()
}

/// ⟨row_i, v⟩ over every block of the tile that starts at `start`; `out` holds as many numbers for each
/// block, of which the first, one a row, are written.
fn tile_dots<R: Real, M: Rows<R>>(matrix: &M, start: usize, v: &[R], out: &mut [f64]) {
    let whole = matrix.rows() / ROWS * ROWS;
    for i in (0..whole).step_by(ROWS) {
        dots::<R, M, ROWS>(matrix, i, start, v, out);
    }
    for i in whole..matrix.rows() {
        dots::<R, M, 1>(matrix, i, start, v, out);
    }
}

/// [`tile_dots`] for K rows from row `i` on.
fn dots<R: Real, M: Rows<R>, const K: usize>(matrix: &M, i: usize, start: usize, v: &[R], out: &mut [f64]) {
    let arch = Arch::new();
    let count = out.len() / v.len().div_ceil(BLOCK).max(1);
    for (b, v) in v.chunks(BLOCK).enumerate() {
        let at = start + b * BLOCK;
        let rows = std::array::from_fn::<_, K, _>(|j| matrix.part(i + j, at, v.len()));
        let found = arch.dispatch(
            #[inline(always)]
            move || block_dots::<R, M, K>(rows, v),
        );
        for (j, found) in found.into_iter().enumerate() {
            out[b * count + i + j] = found * matrix.scale(i + j, at).wide();
        }
    }
}

/// ⟨row_j, v⟩ for K rows of one block, in their units.
#[inline(always)]
fn block_dots<R: Real, M: Rows<R>, const K: usize>(rows: [&[M::Entry]; K], v: &[R]) -> [f64; K] {
    let (runs, last) = v.as_chunks::<{ RUN * LANES }>();
    let parts: [_; K] = std::array::from_fn(|j| rows[j].as_chunks::<{ RUN * LANES }>());
    // Runs are kept until all are there: the sums in `f64`, half as many to a vector, would otherwise set
    // the width of the products as well.
    let mut sums = [[[R::zero(); LANES]; RUNS]; K];
    for (k, v) in runs.iter().enumerate() {
        for (part, sums) in parts.iter().zip(&mut sums) {
            sums[k] = products::<R, M>(&part.0[k], v);
        }
    }
    std::array::from_fn(|j| {
        let mut lanes = [R::zero(); LANES];
        for (i, (&a, &b)) in parts[j].1.iter().zip(last).enumerate() {
            lanes[i % LANES] += M::value(a) * b;
        }
        let mut total = [0.0; LANES];
        for run in sums[j][..runs.len()].iter().chain([&lanes]) {
            total.iter_mut().zip(run).for_each(|(t, l)| *t += l.wide());
        }
        sum::pairwise(&mut total)
    })
}

/// The products of one whole run, lane by lane.
#[inline(always)]
fn products<R: Real, M: Rows<R>>(row: &[M::Entry; RUN * LANES], v: &[R; RUN * LANES]) -> [R; LANES] {
    let mut lanes = [R::zero(); LANES];
    for (a, b) in row.as_chunks::<LANES>().0.iter().zip(v.as_chunks::<LANES>().0) {
        for l in 0..LANES {
            lanes[l] += M::value(a[l]) * b[l];
        }
    }
    lanes
}

/// out ← (…(out + c_0 row_0) + …) + c_{K−1} row_{K−1}, in this order, rows in units that c holds.
#[inline(always)]
fn add_block<R: Real, M: Rows<R>, const K: usize>(rows: [&[M::Entry]; K], c: [R; K], out: &mut [R]) {
    let len = out.len();
    let rows: [&[M::Entry]; K] = std::array::from_fn(|j| &rows[j][..len]);
    for i in 0..len {
        let mut value = out[i];
        for j in 0..K {
            value += c[j] * M::value(rows[j][i]);
        }
        out[i] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::super::Panel;
    use super::*;

    /// 2⁻²⁴.
    const UNIT: f64 = f32::EPSILON as f64 / 2.0;
    const LEN: usize = 2 * BLOCK + RUN * LANES + 7;

    /// The error of ⟨a, b⟩ over Σ|a_i b_i|.
    fn relative_error(a: &[f32], b: &[f32]) -> f64 {
        let term = |i: usize| f64::from(a[i]) * f64::from(b[i]);
        let found = Panel::new(a, 1, a.len()).project(b)[0];
        (found - sum::of(a.len(), term)).abs() / sum::of(a.len(), |i| term(i).abs())
    }

    /// The rule, held where it binds: of 1 and fifteen times 2⁻²⁴, in one lane, `f32` keeps the 1 alone.
    #[test]
    fn runs_err_by_sixteen_roundings_at_most() {
        let run = |i: usize| if (i / LANES).is_multiple_of(RUN) { 1.0 } else { UNIT as f32 };
        let worst = relative_error(&(0..LEN).map(run).collect::<Vec<_>>(), &vec![1.0; LEN]);
        assert!(worst > 14.5 * UNIT && worst < 16.0 * UNIT, "{worst}");
        // Rounded products, large and small.
        for seed in 1..20 {
            let noise = |k: f64| {
                (0..LEN).map(|i| (k * f64::from(seed) * (i as f64).powf(1.3)).sin().powi(5) as f32).collect()
            };
            let (a, b): (Vec<f32>, Vec<f32>) = (noise(0.7), noise(1.9));
            assert!(relative_error(&a, &b) < 16.0 * UNIT);
        }
    }
}
