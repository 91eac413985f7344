//! Low-rank covariances of snapshots that do not fit in memory: windows over frames that are read in
//! slabs of columns.

mod frame_gram;
mod randomised;
mod spatial;
mod temporal;

pub use frame_gram::{FrameGram, FrameProducts};
pub use randomised::{ErrorBound, Randomised};
pub use spatial::{fit_low_rank_streamed, low_rank_bytes};
pub use temporal::TemporalModes;
pub(crate) use temporal::check_rank;

use crate::{CovarianceError, Result};
use ndarray::{Array2, ArrayViewMut2};
use std::ops::Range;

/// Columns that are widened to `f64` and multiplied together, about.
const PIECE: usize = 1024;

/// Some columns of all frames.
#[derive(Clone, Copy, Debug)]
pub struct Slab<'a> {
    /// The group that its columns belong to; the columns of a group share a scale.
    pub group: usize,
    /// Its first column, in 0..F.
    pub start: usize,
    /// How many columns it has, a multiple of `block` unless it is the last of its group.
    pub width: usize,
    /// Columns of a block: the unit of the fixed order of sums, the same for every slab.
    pub block: usize,
    /// From the first number of the first frame on.
    pub values: &'a [f32],
    /// Numbers from one frame to the next, `width` or more.
    pub pitch: usize,
}

impl<'a> Slab<'a> {
    /// The numbers of one frame.
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.pitch..][..self.width]
    }

    /// How many frames it has.
    pub fn rows(&self) -> usize {
        self.values.len().div_ceil(self.pitch)
    }

    /// The columns, counted from `start`, in pieces that do not depend on where slabs begin.
    pub fn pieces(&self) -> Vec<Range<usize>> {
        let piece = self.block.div_ceil(self.block.div_ceil(PIECE)).max(1);
        let blocks = (0..self.width).step_by(self.block.max(1));
        blocks
            .flat_map(|b| {
                let end = self.width.min(b + self.block);
                (b..end).step_by(piece).map(move |p| p..end.min(p + piece))
            })
            .collect()
    }

    /// Some columns of a frame in `f64`, relative to the first frame: differences of close numbers are
    /// taken before anything is squared.
    fn widen(&self, row: usize, columns: Range<usize>, out: &mut [f64]) {
        let (from, first) = (&self.row(row)[columns.clone()], &self.row(0)[columns]);
        out.iter_mut().zip(from).zip(first).for_each(|((o, &x), &x0)| *o = f64::from(x) - f64::from(x0));
    }

    /// [`widen`](Self::widen) for every frame.
    fn widened(&self, columns: &Range<usize>) -> Array2<f64> {
        let rows = self.rows();
        let mut wide = vec![0.0; rows * columns.len()];
        for (row, out) in wide.chunks_mut(columns.len()).enumerate() {
            self.widen(row, columns.clone(), out);
        }
        Array2::from_shape_vec((rows, columns.len()), wide).expect("a number per frame and column")
    }
}

/// Frames that are read in slabs: a matrix of `rows` frames of F numbers.
pub trait Frames {
    /// What can go wrong while reading.
    type Error: From<CovarianceError>;

    /// How many frames there are.
    fn rows(&self) -> usize;

    /// F, the numbers of a frame.
    fn columns(&self) -> usize;

    /// Hands every slab to `take`, those of a group in the order of columns. One pass over the data.
    ///
    /// # Errors
    /// Those of reading, and the first of `take`.
    fn visit(&self, take: &mut dyn FnMut(&Slab<'_>) -> Result<(), Self::Error>) -> Result<(), Self::Error>;
}

/// Overlapping windows of T frames of every series: the snapshots, in the order (series, first frame).
///
/// ```
/// use equipoise_covariance::Windows;
/// // Two series of five frames, stored one after the other; windows of three.
/// let windows = Windows::new(2, 5, 3, false)?;
/// assert_eq!((windows.rows(), windows.count()), (10, 6));
/// // The fourth window is the first of the second series; its last frame is that series' third.
/// assert_eq!(windows.row(3, 2), 7);
/// # Ok::<(), equipoise_covariance::CovarianceError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    series: usize,
    frames: usize,
    window: usize,
    time_first: bool,
}

impl Windows {
    /// Windows of `window` frames over `series` series of `frames` frames. Rows hold one series after
    /// the other, or with `time_first` one time after the other.
    ///
    /// # Errors
    /// [`CovarianceError::Snapshots`] unless 1 ≤ window ≤ frames.
    pub fn new(series: usize, frames: usize, window: usize, time_first: bool) -> Result<Self> {
        if window == 0 || window > frames {
            return Err(CovarianceError::Snapshots { found: frames, expected: window.max(1) });
        }
        Ok(Self { series, frames, window, time_first })
    }

    /// n, the number of windows.
    pub fn count(&self) -> usize {
        self.series * (self.frames - self.window + 1)
    }

    /// How many frames there are.
    pub fn rows(&self) -> usize {
        self.series * self.frames
    }

    /// T, the frames of a window.
    pub fn window(&self) -> usize {
        self.window
    }

    /// The row of frame t of window w.
    pub fn row(&self, w: usize, t: usize) -> usize {
        let starts = self.frames - self.window + 1;
        let (series, frame) = (w / starts, w % starts + t);
        if self.time_first { frame * self.series + series } else { series * self.frames + frame }
    }

    /// Σ_t S_tᵀ q_t over frames: rows × (T·m), block t holding row w of q at the row of frame t of w.
    fn spread(&self, q: &Array2<f64>) -> Array2<f64> {
        let m = q.ncols();
        let mut out = Array2::zeros((self.rows(), self.window * m));
        for (w, from) in q.outer_iter().enumerate() {
            for t in 0..self.window {
                let row = self.row(w, t);
                (0..m).for_each(|j| out[[row, t * m + j]] = from[j]);
            }
        }
        out
    }

    /// The adjoint of [`spread`](Self::spread): n × m.
    fn gather(&self, from: &Array2<f64>) -> Array2<f64> {
        let m = from.ncols() / self.window;
        Array2::from_shape_fn((self.count(), m), |(w, j)| {
            (0..self.window).map(|t| from[[self.row(w, t), t * m + j]]).sum()
        })
    }
}

/// J q: the mean of every column is removed.
fn centre_columns(mut q: ArrayViewMut2<'_, f64>) {
    for mut column in q.columns_mut() {
        let mean = column.sum() / column.len() as f64;
        column -= mean;
    }
}

#[cfg(test)]
mod tests;
