//! An observation operator given as a matrix.

use crate::{LinearOperator, OperatorError, Result};
use equipoise_field::{Real, each, sum};

/// Columns that one pass of the adjoint accumulates at a time.
const COLUMNS: usize = 512;

/// y = A x for a matrix A of N rows and D columns, row-major; sums run in `f64`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense<R> {
    rows: usize,
    columns: usize,
    matrix: Vec<R>,
}

impl<R: Real> Dense<R> {
    /// The operator of `matrix`, row-major N × D = `rows` × `columns`.
    ///
    /// # Errors
    /// [`OperatorError::MatrixLength`] when the entries are not rows × columns,
    /// [`OperatorError::MatrixEntry`] naming the first entry that is not finite.
    pub fn new(rows: usize, columns: usize, matrix: Vec<R>) -> Result<Self> {
        if rows.checked_mul(columns) != Some(matrix.len()) {
            return Err(OperatorError::MatrixLength { found: matrix.len(), rows, columns });
        }
        if let Some(i) = matrix.iter().position(|a| !a.is_finite()) {
            let (row, column, found) = (i / columns, i % columns, matrix[i].wide());
            return Err(OperatorError::MatrixEntry { row, column, found });
        }
        Ok(Self { rows, columns, matrix })
    }

    fn row(&self, i: usize) -> &[R] {
        &self.matrix[i * self.columns..(i + 1) * self.columns]
    }

    /// The columns `first ..` of Aᵀ r, as many as `x` has room for, rows in index order.
    fn adjoint_columns(&self, first: usize, r: &[R], x: &mut [R]) {
        let mut total = [0.0; COLUMNS];
        for (i, r) in r.iter().enumerate() {
            let row = &self.row(i)[first..first + x.len()];
            total.iter_mut().zip(row).for_each(|(t, a)| *t += a.wide() * r.wide());
        }
        x.iter_mut().zip(total).for_each(|(x, t)| *x = R::narrow(t));
    }
}

impl<R: Real> LinearOperator<R> for Dense<R> {
    fn len_in(&self) -> usize {
        self.columns
    }

    fn len_out(&self) -> usize {
        self.rows
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.columns, "dense: field length");
        assert_eq!(y.len(), self.rows, "dense: observation length");
        let dot = |i: usize, y: &mut [R]| y[0] = R::narrow(sum::dot(self.row(i), x));
        if self.matrix.len() > sum::PARALLEL_FROM {
            each::chunk(y, 1, dot);
        } else {
            y.chunks_mut(1).enumerate().for_each(|(i, y)| dot(i, y));
        }
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        assert_eq!(r.len(), self.rows, "dense: observation length");
        assert_eq!(x.len(), self.columns, "dense: field length");
        let block = |k: usize, x: &mut [R]| self.adjoint_columns(k * COLUMNS, r, x);
        if self.matrix.len() > sum::PARALLEL_FROM {
            each::chunk(x, COLUMNS, block);
        } else {
            x.chunks_mut(COLUMNS).enumerate().for_each(|(k, x)| block(k, x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_linear;

    fn entries<R: Real>(len: usize) -> Vec<R> {
        (0..len).map(|i| R::narrow((i as f64 * 1.7).sin())).collect()
    }

    #[test]
    fn conforms() {
        for (n, d) in [(0, 3), (3, 0), (1, 1), (7, 5), (5, 7), (3, 1030), (400, 700)] {
            let narrow = Dense::new(n, d, entries::<f32>(n * d)).unwrap();
            let wide = Dense::new(n, d, entries::<f64>(n * d)).unwrap();
            check_linear(&narrow, n + d);
            check_linear(&wide, n + d);
        }
    }

    #[test]
    fn rows_are_observations() {
        let a = Dense::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let (mut y, mut x) = (vec![f64::NAN; 2], vec![f64::NAN; 3]);
        a.apply(&[1.0, 0.0, -1.0], &mut y);
        a.adjoint(&[1.0, 10.0], &mut x);
        assert_eq!(y, [-2.0, -2.0]);
        assert_eq!(x, [41.0, 52.0, 63.0]);
    }

    #[test]
    fn misshapen_or_non_finite_matrices_are_refused() {
        let short = OperatorError::MatrixLength { found: 5, rows: 2, columns: 3 };
        assert_eq!(Dense::new(2, 3, vec![1.0f64; 5]), Err(short));
        let entry = OperatorError::MatrixEntry { row: 1, column: 0, found: f64::INFINITY };
        assert_eq!(Dense::new(2, 2, vec![1.0, 1.0, f64::INFINITY, 1.0]), Err(entry));
    }
}
