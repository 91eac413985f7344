//! Weights as kernels read them: matrices whose entries stand at a place of the row plus one of the column.

use crate::Convolution;
use crate::block::{DEPTH, WIDE};
use equipoise_field::Real;

/// A matrix of weights, (f, c, k, l) in the order of a file: entry (i, j) is w at `rows`_i + `columns`_j.
pub(crate) struct Separable<'w, R> {
    w: &'w [R],
    rows: Vec<usize>,
    columns: Vec<usize>,
}

impl<'w, R: Real> Separable<'w, R> {
    /// (tap and channel, filter): what pixels of x are multiplied by.
    pub(crate) fn forward(of: &Convolution, w: &'w [R]) -> Self {
        let taps = of.kernel[0] * of.kernel[1];
        let rows = pairs(taps, of.channels, |tap, c| c * taps + tap);
        Self { w, rows, columns: (0..of.filters).map(|f| f * of.channels * taps).collect() }
    }

    /// (tap and filter, channel), with the taps from the last to the first: the adjoint where all strides are 1.
    pub(crate) fn turned(of: &Convolution, w: &'w [R]) -> Self {
        let taps = of.kernel[0] * of.kernel[1];
        let rows = pairs(taps, of.filters, |tap, f| f * of.channels * taps + taps - 1 - tap);
        Self { w, rows, columns: (0..of.channels).map(|c| c * taps).collect() }
    }

    /// The same matrix with rows for columns.
    pub(crate) fn transposed(self) -> Self {
        Self { w: self.w, rows: self.columns, columns: self.rows }
    }

    /// Its rows one after the other.
    pub(crate) fn plain(&self, into: &mut Vec<R>) {
        into.clear();
        self.rows.iter().for_each(|row| into.extend(self.columns.iter().map(|column| self.w[row + column])));
    }

    /// Panels of 32 columns in the right factor of blocks.
    pub(crate) fn panels(&self) -> usize {
        self.columns.len().div_ceil(WIDE)
    }

    /// Numbers of a panel.
    pub(crate) fn panel_len(&self) -> usize {
        self.rows.len().next_multiple_of(DEPTH) * WIDE
    }

    /// As the right factor of blocks, from a panel on: (columns in 32s, rows in 16s, 16 rows, 32 columns).
    pub(crate) fn packed(&self, first: usize, into: &mut [R]) {
        for (panel, into) in into.chunks_exact_mut(self.panel_len()).enumerate() {
            let columns = &self.columns[(first + panel) * WIDE..];
            let columns = &columns[..columns.len().min(WIDE)];
            let (whole, rest) = into.split_at_mut(self.rows.len() * WIDE);
            for (row, into) in self.rows.iter().zip(whole.chunks_exact_mut(WIDE)) {
                into.fill(R::zero());
                into.iter_mut().zip(columns).for_each(|(into, column)| *into = self.w[row + column]);
            }
            rest.fill(R::zero());
        }
    }
}

fn pairs(outer: usize, inner: usize, place: impl Fn(usize, usize) -> usize) -> Vec<usize> {
    (0..outer).flat_map(|a| (0..inner).map(move |b| (a, b))).map(|(a, b)| place(a, b)).collect()
}
