//! Small matrices times eight vectors at once.

use super::lanes::{Lanes, Row, Vectors};
use equipoise_stream::LANES;
use ndarray::Array2;
use pulp::Simd;

/// The rows of a matrix that are multiplied together, so that sums stay in registers.
const TOGETHER: usize = 4;

/// A row-major n × m matrix in tiles of [`LANES`] columns, the last one padded with zeros: a tile of a
/// square matrix is a set of lanes itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiles {
    rows: usize,
    /// (tile, row), then the column within the tile.
    tiles: Vec<Row>,
}

impl Tiles {
    pub(crate) fn of(matrix: &Array2<f64>) -> Self {
        let (rows, columns) = matrix.dim();
        let matrix = matrix.as_standard_layout();
        let mut tiles = vec![[0.0; LANES]; rows * columns.div_ceil(LANES)];
        for (k, tile) in tiles.iter_mut().enumerate() {
            let (first, row) = (k / rows * LANES, k % rows);
            let part = matrix.row(row);
            let part = &part.as_slice().expect("rows of the standard layout are contiguous")[first..];
            tile.iter_mut().zip(part).for_each(|(tile, part)| *tile = *part);
        }
        Self { rows, tiles }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// self = L diag(d) R, of which `scratch` holds one tile.
    #[inline(always)]
    pub(super) fn form<S: Simd>(
        &mut self,
        v: Vectors<S>,
        left: &Self,
        d: &[f64],
        right: &Self,
        scratch: &mut [Row],
    ) {
        self.rows = left.rows;
        self.tiles.resize(right.tiles.len() / right.rows.max(1) * left.rows, [0.0; LANES]);
        let tiles = right.tiles.chunks(right.rows.max(1)).zip(self.tiles.chunks_mut(left.rows.max(1)));
        for (right, out) in tiles {
            scale(v, d, right, scratch);
            left.product(v, scratch, out);
        }
    }

    /// out = M x, the terms of every row in order.
    #[inline(always)]
    pub(super) fn product<S: Simd>(&self, v: Vectors<S>, x: &[Row], out: &mut [Row]) {
        out.fill([0.0; LANES]);
        self.add_product(v, x, out);
    }

    /// out ← out + M x, the terms of every row in order.
    #[inline(always)]
    pub(super) fn add_product<S: Simd>(&self, v: Vectors<S>, x: &[Row], out: &mut [Row]) {
        let whole = self.rows / TOGETHER * TOGETHER;
        let (blocks, rest) = out.split_at_mut(whole);
        for (b, out) in blocks.as_chunks_mut::<TOGETHER>().0.iter_mut().enumerate() {
            self.add_rows(v, b * TOGETHER, x, out);
        }
        for (i, out) in rest.iter_mut().enumerate() {
            self.add_rows(v, whole + i, x, std::array::from_mut(out));
        }
    }

    /// out ← out + Mᵀ x in the first lane alone, by vectors along the rows: the same terms in the same
    /// order, and so the same bits, as [`add_product`](Self::add_product) of the transpose.
    #[inline(always)]
    pub(super) fn add_transposed_alone<S: Simd>(&self, v: Vectors<S>, x: &[Row], out: &mut [Row]) {
        for (b, out) in out.chunks_mut(TOGETHER * LANES).enumerate() {
            let first = b * TOGETHER * self.rows;
            if out.len() == TOGETHER * LANES {
                self.add_columns::<TOGETHER, S>(v, first, x, out);
            } else {
                for (t, out) in out.chunks_mut(LANES).enumerate() {
                    self.add_columns::<1, S>(v, first + t * self.rows, x, out);
                }
            }
        }
    }

    /// The columns of the K tiles that begin at `first`.
    #[inline(always)]
    fn add_columns<const K: usize, S: Simd>(&self, v: Vectors<S>, first: usize, x: &[Row], out: &mut [Row]) {
        let mut sum = [v.splat(0.0); K];
        for t in 0..K {
            let mut start = [0.0; LANES];
            start.iter_mut().zip(&out[t * LANES..]).for_each(|(start, out)| *start = out[0]);
            sum[t] = v.load(&start);
        }
        for (i, x) in x.iter().enumerate().take(self.rows) {
            let x = v.splat(x[0]);
            for t in 0..K {
                sum[t] = v.mul_add(v.load(&self.tiles[first + t * self.rows + i]), x, sum[t]);
            }
        }
        for t in 0..K {
            let sum = v.row(sum[t]);
            out[t * LANES..].iter_mut().zip(sum).for_each(|(out, sum)| out[0] = sum);
        }
    }

    /// The K rows from `first` on.
    #[inline(always)]
    fn add_rows<const K: usize, S: Simd>(&self, v: Vectors<S>, first: usize, x: &[Row], out: &mut [Row; K]) {
        let mut sum = [v.splat(0.0); K];
        for i in 0..K {
            sum[i] = v.load(&out[i]);
        }
        let (whole, rest) = x.as_chunks::<LANES>();
        for (t, x) in whole.iter().enumerate() {
            self.add_tile(v, t * self.rows + first, x, &mut sum);
        }
        self.add_tile(v, whole.len() * self.rows + first, rest, &mut sum);
        for i in 0..K {
            v.store(&mut out[i], sum[i]);
        }
    }

    /// The terms of at most [`LANES`] columns, whose tiles begin at `first`.
    #[inline(always)]
    fn add_tile<const K: usize, S: Simd>(
        &self,
        v: Vectors<S>,
        first: usize,
        x: &[Row],
        sum: &mut [Lanes<S>; K],
    ) {
        if x.is_empty() {
            return;
        }
        let tiles = &self.tiles[first..first + K];
        for (j, x) in x.iter().enumerate().take(LANES) {
            let x = v.load(x);
            for i in 0..K {
                sum[i] = v.mul_add(v.splat(tiles[i][j]), x, sum[i]);
            }
        }
    }
}

/// out = by · x, row by row.
#[inline(always)]
pub(super) fn scale<S: Simd>(v: Vectors<S>, by: &[f64], x: &[Row], out: &mut [Row]) {
    for ((out, x), by) in out.iter_mut().zip(x).zip(by) {
        v.store(out, v.mul(v.splat(*by), v.load(x)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar;

    /// Small whole numbers, so that every sum is exact.
    #[test]
    fn products_are_those_of_the_definition() {
        let v = Vectors(Scalar::new());
        let entry = |i: usize, j: usize| ((3 * i + 5 * j) % 7) as f64 - 3.0;
        for (n, m) in [(0, 0), (1, 1), (4, 8), (5, 3), (11, 20), (75, 41)] {
            let plain = Array2::from_shape_fn((n, m), |(i, j)| entry(i, j));
            let (matrix, transposed) = (Tiles::of(&plain), Tiles::of(&plain.t().to_owned()));
            let x: Vec<Row> = (0..m).map(|j| std::array::from_fn(|l| entry(j, l + 1))).collect();
            let mut out = vec![[7.0; LANES]; n];
            matrix.product(v, &x, &mut out);
            let by: Vec<f64> = (0..n).map(|k| entry(k, 2)).collect();
            let (mut formed, mut scratch) = (Tiles::default(), vec![[0.0; LANES]; n]);
            formed.form(v, &transposed, &by, &matrix, &mut scratch);
            let mut squared = vec![[0.0; LANES]; m];
            formed.product(v, &x, &mut squared);
            let mut alone = vec![[0.0; LANES]; n];
            transposed.add_transposed_alone(v, &x, &mut alone);
            assert!(alone.iter().zip(&out).all(|(alone, out)| alone[0].to_bits() == out[0].to_bits()));
            for l in 0..LANES {
                let full: Vec<f64> =
                    (0..n).map(|i| (0..m).map(|j| entry(i, j) * x[j][l]).sum::<f64>()).collect();
                assert!((0..n).all(|i| (out[i][l] - full[i]).abs() < 1e-9), "{n} × {m}");
                let back = |i: usize| (0..n).map(|k| entry(k, i) * by[k] * full[k]).sum::<f64>();
                assert!((0..m).all(|i| (squared[i][l] - back(i)).abs() < 1e-9), "{n} × {m}");
            }
        }
    }
}
