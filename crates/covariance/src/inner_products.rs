//! X Xᵀ of rows that are handed over in pieces of columns: the lower triangle alone.

use equipoise_field::each;
use ndarray::Array2;
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;

/// Vectors of rows that are multiplied with [`COLUMNS`] rows at a time: nine sums fill the machine's
/// pipelines and leave registers for what is multiplied.
const VECTORS: usize = 3;
/// Rows on the other side; a panel of [`VECTORS`] vectors holds a whole number of them.
const COLUMNS: usize = 3;
/// Columns that are added in registers: parts of two panels that stay in the innermost cache.
const DEPTH: usize = 128;
/// Rows of a block of the sum; vectors of any width divide it into panels.
const BLOCK: usize = 192;
/// Products of blocks that are under way at a time, at least.
const TASKS: usize = 16;
/// Pieces that are widened together, at least.
const BATCH: usize = 4;

/// Σ over pieces of X Xᵀ in `f64`.
///
/// Every entry is a chain of at most 128 products at a time, added to the sum of every `lanes`-th piece;
/// the order depends on the number of rows and the pieces alone. Costs rows² products a column.
#[derive(Debug)]
pub(crate) struct InnerProducts {
    rows: usize,
    /// Rows of a panel.
    panel: usize,
    lanes: usize,
    blocks: Vec<Block>,
    pieces: usize,
}

/// One block of the lower triangle, over every `lanes`-th piece.
#[derive(Debug)]
struct Block {
    lane: usize,
    /// Panels of rows.
    left: Range<usize>,
    /// Panels of columns.
    right: Range<usize>,
    /// The rows of a column lie together.
    sum: Vec<f64>,
}

impl InnerProducts {
    /// Nothing summed yet.
    pub(crate) fn new(rows: usize) -> Self {
        let (panel, lanes) = (Arch::new().dispatch(PanelRows), lanes(rows));
        let (panels, size) = (rows.div_ceil(panel), BLOCK / panel);
        let ranges: Vec<_> = (0..panels).step_by(size).map(|p| p..panels.min(p + size)).collect();
        let pairs = (0..ranges.len()).flat_map(|i| (0..=i).map(move |j| (i, j)));
        let block = |(i, j): (usize, usize)| {
            let (left, right) = (&ranges[i], &ranges[j]);
            let len = left.len() * right.len() * panel.pow(2);
            (0..lanes).map(move |lane| Block {
                lane,
                left: left.clone(),
                right: right.clone(),
                sum: vec![0.0; len],
            })
        };
        let blocks = pairs.flat_map(block).collect();
        Self { rows, panel, lanes, blocks, pieces: 0 }
    }

    /// The bytes that the sums of `rows` rows take, and those of pieces of `width` columns while they are added.
    pub(crate) fn bytes(rows: usize, width: usize) -> (usize, usize) {
        let lanes = lanes(rows);
        (8 * lanes * rows.pow(2), 8 * lanes.max(BATCH) * rows * width)
    }

    /// Adds pieces; `write(row, columns, out)` writes the numbers of a row.
    pub(crate) fn add(
        &mut self,
        pieces: &[Range<usize>],
        write: impl Fn(usize, Range<usize>, &mut [f64]) + Sync,
    ) {
        let (rows, panel, lanes) = (self.rows, self.panel, self.lanes);
        // Panel by panel, column by column.
        let mut packed = vec![Vec::new(); lanes.max(BATCH).min(pieces.len())];
        for batch in pieces.chunks(lanes.max(BATCH)) {
            each::entry(&mut packed[..batch.len()], |i, packed| {
                let columns = &batch[i];
                // What fills the last panel is multiplied and left out in the end.
                packed.resize(rows.next_multiple_of(panel) * columns.len(), 0.0);
                for (p, packed) in packed.chunks_mut(panel * columns.len()).enumerate() {
                    pack(p * panel..rows.min((p + 1) * panel), columns, panel, packed, &write);
                }
            });
            let (before, packed, arch) = (self.pieces, &packed, Arch::new());
            each::entry(&mut self.blocks, |_, block| {
                for (i, columns) in batch.iter().enumerate() {
                    if (before + i) % lanes == block.lane {
                        arch.dispatch(Accumulate { packed: &packed[i], width: columns.len(), block });
                    }
                }
            });
            self.pieces += batch.len();
        }
    }

    /// Adds `factor` times the sum, both triangles, to a square matrix.
    pub(crate) fn add_to(&self, factor: f64, out: &mut Array2<f64>) {
        for block in &self.blocks {
            let height = block.left.len() * self.panel;
            let (top, first) = (block.left.start * self.panel, block.right.start * self.panel);
            for (c, column) in block.sum.chunks(height).enumerate() {
                let column = column.iter().enumerate().map(|(r, x)| (top + r, x));
                for (r, x) in column.filter(|(r, _)| (first + c..self.rows).contains(r)) {
                    out[[r, first + c]] += factor * x;
                    if r > first + c {
                        out[[first + c, r]] += factor * x;
                    }
                }
            }
        }
    }
}

/// Writes some rows of a piece into a panel, column by column, in parts that stay in the innermost cache.
fn pack(
    rows: Range<usize>,
    columns: &Range<usize>,
    panel: usize,
    packed: &mut [f64],
    write: impl Fn(usize, Range<usize>, &mut [f64]),
) {
    let mut numbers = [0.0; DEPTH];
    for (start, packed) in columns.clone().step_by(DEPTH).zip(packed.chunks_mut(panel * DEPTH)) {
        let part = start..columns.end.min(start + DEPTH);
        let numbers = &mut numbers[..part.len()];
        for (r, row) in rows.clone().enumerate() {
            write(row, part.clone(), numbers);
            let places = packed.chunks_exact_mut(panel).map(|column| &mut column[r]);
            places.zip(&*numbers).for_each(|(place, &x)| *place = x);
        }
    }
}

/// How many sums share the pieces: enough for [`TASKS`] products, whatever the threads.
fn lanes(rows: usize) -> usize {
    let blocks = rows.div_ceil(BLOCK).max(1);
    (TASKS / (blocks * (blocks + 1) / 2)).max(1)
}

/// The rows of a panel.
struct PanelRows;

impl WithSimd for PanelRows {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        VECTORS * S::F64_LANES
    }
}

/// Adds the products of one piece to a block.
struct Accumulate<'a> {
    packed: &'a [f64],
    width: usize,
    block: &'a mut Block,
}

impl WithSimd for Accumulate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packed, width, block } = self;
        let panel = VECTORS * S::F64_LANES;
        let height = block.left.len() * panel;
        for start in (0..width).step_by(DEPTH) {
            let (from, to) = (start * panel, width.min(start + DEPTH) * panel);
            for right in block.right.clone() {
                let b = &packed[right * width * panel..][from..to];
                for first in (0..panel).step_by(COLUMNS) {
                    let column = (right - block.right.start) * panel + first;
                    for left in right.max(block.left.start)..block.left.end {
                        let a = &packed[left * width * panel..][from..to];
                        let at = column * height + (left - block.left.start) * panel;
                        add_tile(simd, a, &b[first..], height, &mut block.sum[at..]);
                    }
                }
            }
        }
    }
}

/// Adds the products of a panel with [`COLUMNS`] rows, columns of the sum being `height` apart.
#[inline(always)]
fn add_tile<S: Simd>(simd: S, a: &[f64], b: &[f64], height: usize, out: &mut [f64]) {
    let panel = VECTORS * S::F64_LANES;
    let mut sums = [[simd.splat_f64s(0.0); VECTORS]; COLUMNS];
    for (a, b) in a.chunks_exact(panel).zip(b.chunks(panel)) {
        let (a, b) = (S::as_simd_f64s(a).0, &b[..COLUMNS]);
        for (c, sums) in sums.iter_mut().enumerate() {
            let b = simd.splat_f64s(b[c]);
            for v in 0..VECTORS {
                sums[v] = simd.mul_add_e_f64s(a[v], b, sums[v]);
            }
        }
    }
    for (c, sums) in sums.iter().enumerate() {
        let out = S::as_mut_simd_f64s(&mut out[c * height..][..panel]).0;
        for v in 0..VECTORS {
            out[v] = simd.add_f64s(out[v], sums[v]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::sum;

    /// The law, over blocks, lanes, panels that are not full and pieces of several widths.
    #[test]
    fn is_the_matrix_of_inner_products() {
        for (rows, width) in [(1, 5), (7, 1000), (BLOCK + 5, 2900), (2 * BLOCK + 30, 700)] {
            let at = |r: usize, c: usize| (0.37 * ((1 + r) * (1 + c)) as f64).sin() / (1.0 + r as f64);
            let pieces: Vec<_> = (0..width).step_by(300).map(|p| p..width.min(p + 300)).collect();
            let mut products = InnerProducts::new(rows);
            let (few, rest) = pieces.split_at(pieces.len() / 3);
            for pieces in [few, rest] {
                products.add(pieces, |r, columns, out| {
                    out.iter_mut().zip(columns).for_each(|(out, c)| *out = at(r, c));
                });
            }
            let mut found = Array2::from_elem((rows, rows), 1.0);
            products.add_to(2.0, &mut found);
            let numbers: Vec<Vec<f64>> = (0..rows).map(|r| (0..width).map(|c| at(r, c)).collect()).collect();
            for (i, j) in (0..rows).flat_map(|i| (0..rows).map(move |j| (i, j))) {
                let expected = 2.0 * sum::dot(&numbers[i], &numbers[j]);
                let bound = 1e-13 * sum::norm(&numbers[i]) * sum::norm(&numbers[j]) + 2.0 * f64::EPSILON;
                assert!((found[[i, j]] - 1.0 - expected).abs() < bound, "{rows}: {i}, {j}");
            }
        }
    }
}
