//! Transposes of a few rows at a time.

/// Rows that are transformed and transposed together: a line of the cache of complex numbers.
pub(super) const TOGETHER: usize = 4;

/// Rows `first` … of a matrix of `height` rows, held row by row, into its columns.
pub(super) fn to_columns<T: Copy>(rows: &[T], half: usize, first: usize, height: usize, columns: &mut [T]) {
    let rows: [&[T]; TOGETHER] = std::array::from_fn(|r| &rows[r * half..(r + 1) * half]);
    for (c, column) in columns.chunks_exact_mut(height).enumerate() {
        for (to, row) in column[first..].iter_mut().zip(rows) {
            *to = row[c];
        }
    }
}

/// The inverse of [`to_columns`].
pub(super) fn to_rows<T: Copy>(columns: &[T], height: usize, first: usize, half: usize, rows: &mut [T]) {
    let count = TOGETHER.min(height - first);
    for (c, column) in columns.chunks_exact(height).enumerate() {
        for (r, from) in column[first..first + count].iter().enumerate() {
            rows[r * half + c] = *from;
        }
    }
}
