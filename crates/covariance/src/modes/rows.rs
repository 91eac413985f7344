//! How the rows of U lie in memory: as they are, or as 16-bit integers with a unit for every block.

use super::passes::{self, BLOCK, Rows};
use crate::{CovarianceError, Result};
use equipoise_field::{Real, each};
use std::ops::Range;

/// Columns of a row-major matrix: modes, or what is observed of them.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a, R> {
    matrix: &'a [R],
    rows: usize,
    /// From a row to the next.
    stride: usize,
    first: usize,
    len: usize,
}

impl<'a, R: Real> Panel<'a, R> {
    /// All columns, `len` of them.
    ///
    /// # Panics
    /// If `matrix` is not of length rows · len.
    pub fn new(matrix: &'a [R], rows: usize, len: usize) -> Self {
        assert_eq!(matrix.len(), rows * len, "panel: matrix length");
        Self { matrix, rows, stride: len, first: 0, len }
    }

    /// Some of the columns.
    ///
    /// # Panics
    /// If there are fewer.
    #[must_use]
    pub fn columns(self, at: Range<usize>) -> Self {
        assert!(at.start <= at.end && at.end <= self.len, "panel: {at:?} of {} columns", self.len);
        Self { first: self.first + at.start, len: at.len(), ..self }
    }

    /// ⟨row_i, v⟩ for every row, blocks of `v` read once.
    ///
    /// Runs of 16 products in each of 16 lanes are added in `R`; the runs of a lane, the lanes of a block and
    /// the blocks in `f64`, in a tree that depends on the length alone. The error is at most 16u Σ_j |row_ij v_j|/(1 − 16u),
    /// u the unit roundoff of `R`, beside that of sums in `f64`.
    ///
    /// # Panics
    /// If `v` is not as long as a row.
    pub fn project(&self, v: &[R]) -> Vec<f64> {
        assert_eq!(v.len(), self.len, "panel: field length");
        passes::project(self, v)
    }

    /// [`project`](Self::project) for a field that is made block by block and not kept:
    /// `make(start, block)` writes its entries from `start` on. Beside it the sums of what `make` returns,
    /// over the blocks by the fixed tree.
    pub fn project_made<const K: usize>(
        &self,
        make: impl Fn(usize, &mut [R]) -> [f64; K] + Sync,
    ) -> (Vec<f64>, [f64; K]) {
        passes::project_made(self, self.len, &make)
    }

    /// out = what `make` leaves of it + Σ c_i row_i, in one pass: `make` is called for every block of
    /// entries, with the index of its first.
    ///
    /// # Panics
    /// If a length does not fit.
    pub fn synthesise_made(&self, c: &[R], out: &mut [R], make: impl Fn(usize, &mut [R]) + Sync) {
        assert_eq!(c.len(), self.rows, "panel: coefficient count");
        assert_eq!(out.len(), self.len, "panel: field length");
        let make = |start: usize, block: &mut [R]| {
            make(start, block);
            0.0
        };
        passes::expand(self, c, out, &make, &|_, _| {});
    }
}

impl<R: Real> Rows<R> for Panel<'_, R> {
    type Entry = R;

    fn rows(&self) -> usize {
        self.rows
    }

    fn part(&self, row: usize, start: usize, len: usize) -> &[R] {
        &self.matrix[row * self.stride + self.first + start..][..len]
    }

    fn scale(&self, _: usize, _: usize) -> R {
        R::one()
    }

    #[inline(always)]
    fn value(entry: R) -> R {
        entry
    }
}

/// Largest stored integer.
const LARGEST: f64 = 32767.0;
/// Smallest exponent of a unit: its products with stored integers are normal numbers in `f32`.
const LEAST: i32 = -120;

/// Entries rounded to integers of 16 bits, times the least power of two for each block that holds them.
#[derive(Clone, Debug)]
pub(super) struct Rounded<R> {
    entries: Vec<i16>,
    /// One a block, row by row.
    scales: Vec<R>,
    rows: usize,
    dim: usize,
}

impl<R: Real> Rounded<R> {
    /// Rounds `matrix` in place and keeps what was made of it.
    pub(super) fn of(matrix: &mut [R], rows: usize, dim: usize) -> Result<Self> {
        if let Some(index) = matrix.iter().position(|v| !v.is_finite()) {
            return Err(CovarianceError::NotFinite { what: "basis", index });
        }
        let blocks = dim.div_ceil(BLOCK);
        let (mut entries, mut scales) = (vec![0; matrix.len()], vec![R::one(); rows * blocks]);
        if !matrix.is_empty() {
            let stored = entries.chunks_mut(dim).zip(scales.chunks_mut(blocks));
            each::entry(&mut matrix.chunks_mut(dim).zip(stored).collect::<Vec<_>>(), |_, (row, stored)| {
                let parts = row.chunks_mut(BLOCK).zip(stored.0.chunks_mut(BLOCK));
                parts.zip(&mut *stored.1).for_each(|((row, stored), scale)| *scale = round(row, stored));
            });
        }
        Ok(Self { entries, scales, rows, dim })
    }
}

/// Rounds a block to multiples of a power of two, which is returned.
fn round<R: Real>(block: &mut [R], stored: &mut [i16]) -> R {
    let largest = block.iter().fold(0.0f64, |a, b| a.max(b.wide().abs()));
    let exponent = ((largest / LARGEST).log2().ceil() as i32).max(LEAST);
    let unit = 2f64.powi(exponent);
    for (value, stored) in block.iter_mut().zip(stored) {
        // At most LARGEST in size, by the choice of the unit.
        let whole = (value.wide() / unit).round_ties_even().clamp(-LARGEST, LARGEST);
        *stored = whole as i16;
        *value = R::narrow(whole * unit);
    }
    R::narrow(unit)
}

impl<R: Real> Rows<R> for Rounded<R> {
    type Entry = i16;

    fn rows(&self) -> usize {
        self.rows
    }

    fn part(&self, row: usize, start: usize, len: usize) -> &[i16] {
        &self.entries[row * self.dim + start..][..len]
    }

    fn scale(&self, row: usize, start: usize) -> R {
        self.scales[row * self.dim.div_ceil(BLOCK) + start / BLOCK]
    }

    #[inline(always)]
    fn value(entry: i16) -> R {
        R::narrow(f64::from(entry))
    }
}
