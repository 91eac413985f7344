//! A sparse matrix by its rows.

use equipoise_field::Real;

/// A matrix with few entries a row, such as an operator that reads a few field entries at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// Row k holds the entries `starts[k] .. starts[k + 1]`.
    starts: Vec<usize>,
    entries: Vec<(usize, f64)>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self { starts: vec![0], entries: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = (usize, f64)>) {
        self.entries.extend(row);
        self.starts.push(self.entries.len());
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// The entries (column, value) of a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn row(&self, row: usize) -> &[(usize, f64)] {
        &self.entries[self.starts[row]..self.starts[row + 1]]
    }

    pub(crate) fn dot<R: Real>(&self, row: usize, x: &[R]) -> R {
        R::narrow(self.row(row).iter().map(|(i, w)| w * x[*i].wide()).sum())
    }

    /// The columns that occur, increasing, and the transpose restricted to them.
    pub fn transpose(&self) -> (Vec<usize>, Self) {
        let row = |k: usize| self.row(k).iter();
        let mut turned: Vec<(usize, usize, f64)> =
            (0..self.count()).flat_map(|k| row(k).map(move |(i, w)| (*i, k, *w))).collect();
        turned.sort_by_key(|(i, k, _)| (*i, *k));
        let mut columns = Vec::new();
        let mut transpose = Self::new();
        for group in turned.chunk_by(|a, b| a.0 == b.0) {
            columns.push(group[0].0);
            transpose.push(group.iter().map(|(_, k, w)| (*k, *w)));
        }
        (columns, transpose)
    }
}
