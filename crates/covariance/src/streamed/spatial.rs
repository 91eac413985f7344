//! The last pass of a streamed fit: the modes, as combinations of frames.

use super::{Frames, PIECE, Slab, TemporalModes, Windows, centre_columns};
use crate::{LowRankFit, Result};
use equipoise_field::{Length, each};
use ndarray::{Array2, Axis, Slice};
use std::ops::Range;

/// Pieces whose modes wait for being put in their places.
const BATCH: usize = 16;

/// Σ = U Λ_r Uᵀ + λ_⊥(I − U Uᵀ) from the windows' temporal modes, in one pass over the frames.
///
/// U = Xᵀ V ((n − 1)Λ)^{−1/2} over columns that are divided by the `scale` of their group; λ_⊥ is the
/// mean of the rest of the trace over the D − r remaining directions (Tipping & Bishop 1999, eq. 8), but
/// at least `floor`. The mean of the fit keeps the units of the frames. Costs 2·r·n·D operations and
/// (r + 1)·D numbers of memory beside one slab.
///
/// # Errors
/// Those of reading; [`CovarianceError::Ridge`](crate::CovarianceError::Ridge) for a floor that is negative or not
/// finite,
/// [`CovarianceError::Length`](crate::CovarianceError::Length) when windows and frames do not fit each other.
pub fn fit_low_rank_streamed<F: Frames>(
    frames: &F,
    windows: &Windows,
    scale: &[f64],
    temporal: &TemporalModes,
    floor: f64,
) -> Result<LowRankFit<f32>, F::Error> {
    crate::error::ridge(floor)?;
    fits(frames, windows)?;
    let (n, rank) = temporal.vectors.dim();
    let mix = mix(windows, temporal, n);
    let frame = frames.columns();
    let dim = windows.window() * frame;
    let mut fields = Fields { frame, rank, basis: vec![0.0; rank * dim], mean: vec![0.0; dim] };
    frames.visit(&mut |slab| {
        for batch in slab.pieces().chunks(BATCH) {
            let parts = each::made(batch.len(), |p| combine(&mix, slab, &batch[p], scale[slab.group], rank));
            fields.put(slab.start, batch, &parts);
        }
        Ok(())
    })?;
    let covariance = temporal.with_basis(dim, fields.basis, floor)?;
    Ok(LowRankFit { mean: fields.mean, covariance, spectrum: temporal.eigenvalues.clone() })
}

/// The bytes that [`fit_low_rank_streamed`] takes beside one slab, for `rows` frames of F numbers.
pub fn low_rank_bytes(rows: usize, frame: usize, window: usize, rank: usize) -> usize {
    let combined = window * (rank + 1);
    let threads = rayon::current_num_threads();
    4 * combined * frame
        + 8 * combined * rows
        + 8 * PIECE * (threads * (rows + combined) + BATCH * combined / 2)
}

pub(super) fn fits<F: Frames>(frames: &F, windows: &Windows) -> Result<()> {
    Ok(Length::check("frames", frames.rows(), windows.rows())?)
}

/// Row t·(r + 1) + j combines the frames to frame t of mode j, row t·(r + 1) + r to that of the mean.
fn mix(windows: &Windows, temporal: &TemporalModes, n: usize) -> Array2<f64> {
    let rank = temporal.vectors.ncols();
    let mut columns = Array2::from_elem((n, rank + 1), 1.0 / n as f64);
    let mut modes = columns.slice_axis_mut(Axis(1), Slice::from(..rank));
    modes.assign(&temporal.vectors);
    centre_columns(modes.view_mut());
    for (mut column, l) in modes.columns_mut().into_iter().zip(&temporal.eigenvalues) {
        column /= (l * (n - 1) as f64).sqrt();
    }
    windows.spread(&columns).reversed_axes().as_standard_layout().into_owned()
}

/// The combinations over some columns; the rows of the mean in the units of the frames.
fn combine(mix: &Array2<f64>, slab: &Slab<'_>, columns: &Range<usize>, scale: f64, rank: usize) -> Vec<f32> {
    let product = mix.dot(&slab.widened(columns));
    let first = &slab.row(0)[columns.clone()];
    let mut out = Vec::with_capacity(product.len());
    for (i, row) in product.outer_iter().enumerate() {
        if i % (rank + 1) < rank {
            out.extend(row.iter().map(|x| (x / scale) as f32));
        } else {
            out.extend(row.iter().zip(first).map(|(x, &x0)| (x + f64::from(x0)) as f32));
        }
    }
    out
}

/// The modes (r, T, F) and the mean (T, F).
struct Fields {
    frame: usize,
    rank: usize,
    basis: Vec<f32>,
    mean: Vec<f32>,
}

impl Fields {
    /// Puts what [`combine`] made of some pieces of a slab in its places.
    fn put(&mut self, start: usize, pieces: &[Range<usize>], parts: &[Vec<f32>]) {
        let (rank, frame) = (self.rank, self.frame);
        let window = self.mean.len() / frame;
        let row = |row: usize, out: &mut [f32]| {
            for (piece, part) in pieces.iter().zip(parts) {
                let from = &part[row * piece.len()..(row + 1) * piece.len()];
                out[start + piece.start..start + piece.end].copy_from_slice(from);
            }
        };
        each::chunk(&mut self.basis, frame, |i, out| row(i % window * (rank + 1) + i / window, out));
        each::chunk(&mut self.mean, frame, |t, out| row(t * (rank + 1) + rank, out));
    }
}
