//! Fields in `f64`, with zeros up to whole runs.

use equipoise_field::Real;

/// Numbers of a field that are handled together.
pub(crate) const RUN: usize = 256;

/// Fields of D numbers each in `f64`, with zeros up to whole runs.
#[derive(Debug, Default)]
pub(crate) struct Padded {
    values: Vec<f64>,
    row: usize,
}

impl Padded {
    /// Fields of `dim` numbers; an empty one stands for zeros.
    pub(crate) fn new<'a, R: Real>(fields: impl ExactSizeIterator<Item = &'a [R]>, dim: usize) -> Self {
        let row = dim.next_multiple_of(RUN);
        let mut values = vec![0.0; fields.len() * row];
        for (row, field) in values.chunks_exact_mut(row).zip(fields) {
            row.iter_mut().zip(field).for_each(|(to, x)| *to = x.wide());
        }
        Self { values, row }
    }

    /// Field m, with its zeros.
    pub(crate) fn field(&self, m: usize) -> &[f64] {
        &self.values[m * self.row..(m + 1) * self.row]
    }

    /// Run r of field m.
    #[inline(always)]
    pub(crate) fn run(&self, m: usize, r: usize) -> &[f64; RUN] {
        &self.field(m).as_chunks::<RUN>().0[r]
    }

    /// Fields.
    pub(crate) fn count(&self) -> usize {
        self.values.len() / self.row.max(1)
    }
}
