//! The low-rank fit: the method of snapshots, D × n numbers, and windows over a series of frames.

use crate::case::{Case, Work};
use crate::error::work;
use equipoise_covariance::{
    CovarianceError, FrameGram, Frames, LowRankFit, Slab, TemporalModes, Windows, fit_low_rank,
    fit_low_rank_streamed,
};
use equipoise_stream::Stream;
use rayon::prelude::*;

/// log₂ D and n.
const SIZES: [(u32, usize); 4] = [(16, 256), (18, 64), (18, 256), (20, 64)];
/// Modes that are kept.
const RANK: usize = 20;

/// Numbers of a frame of the series, its frames, and those of a window.
const FRAME: usize = 1 << 14;
const SERIES: usize = 256;
const WINDOW: usize = 16;

/// One fit per size, and one of windows.
///
/// The least traffic reads the snapshots for their Gram matrix and once more for the modes, and writes
/// these; the operations are those of X Xᵀ written out and of the modes.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let sizes = SIZES.into_iter().take(if quick { 2 } else { SIZES.len() });
    let case = |(power, n): (u32, usize)| {
        let (dim, count, rank) = (f64::from(1u32 << power), n as f64, RANK as f64);
        Case {
            id: format!("fit/low-rank/2^{power}x{n}"),
            what: format!("rank {RANK} from D = 2^{power}, n = {n} snapshots"),
            bytes: 4.0 * dim * (2.0 * count + rank),
            arrays: 4.0 * dim * (count + rank),
            operations: Some(2.0 * dim * count * (count + rank)),
            prepare: Box::new(move || Ok(fit(1 << power, n))),
        }
    };
    sizes.map(case).chain([windows()]).collect()
}

/// The fit of windows: products of frames and not of windows, and modes as combinations of frames. The
/// least traffic and the operations are this method's.
fn windows() -> Case {
    let (frame, frames, dim, rank) = (FRAME as f64, SERIES as f64, (WINDOW * FRAME) as f64, RANK as f64);
    Case {
        id: format!("fit/windows/2^{}x{SERIES}/T-{WINDOW}", FRAME.ilog2()),
        what: format!("rank {RANK} of windows of {WINDOW} among {SERIES} frames of {FRAME} numbers"),
        bytes: 4.0 * (2.0 * frames * frame + (rank + 1.0) * dim),
        arrays: 4.0 * (frames * frame + (rank + 1.0) * dim),
        operations: Some(frames * frames * frame + 2.0 * (rank + 1.0) * frames * dim),
        prepare: Box::new(|| {
            let series = Series(snapshots(FRAME, SERIES).concat());
            Ok(Box::new(move || series.fit().map(drop).map_err(work)))
        }),
    }
}

/// Frames in memory, handed on as one slab.
struct Series(Vec<f32>);

impl Frames for Series {
    type Error = CovarianceError;

    fn rows(&self) -> usize {
        SERIES
    }

    fn columns(&self) -> usize {
        FRAME
    }

    fn visit(
        &self,
        take: &mut dyn FnMut(&Slab<'_>) -> Result<(), CovarianceError>,
    ) -> Result<(), CovarianceError> {
        take(&Slab { group: 0, start: 0, width: FRAME, block: FRAME, values: &self.0, pitch: FRAME })
    }
}

impl Series {
    fn fit(&self) -> Result<LowRankFit<f32>, CovarianceError> {
        let windows = Windows::new(1, SERIES, WINDOW, false)?;
        let mut gram = FrameGram::new(SERIES, 1);
        self.visit(&mut |slab| {
            gram.add(slab);
            Ok(())
        })?;
        let temporal = TemporalModes::of_gram(gram.of_windows(&windows, &[1.0]), RANK)?;
        fit_low_rank_streamed(self, &windows, &[1.0], &temporal, 1e-6)
    }
}

/// Snapshots of standard normal numbers, the s-th stretched by 10/(s + 1), so that the spectrum decays.
fn snapshots(dim: usize, n: usize) -> Vec<Vec<f32>> {
    let snapshot = |s: usize| {
        let mut values: Vec<f32> = Stream::new("snapshots").normal(s as u64, dim);
        values.iter_mut().for_each(|v| *v *= 10.0 / (s + 1) as f32);
        values
    };
    (0..n).into_par_iter().map(snapshot).collect()
}

fn fit(dim: usize, n: usize) -> Work {
    let snapshots = snapshots(dim, n);
    Box::new(move || {
        let views: Vec<&[f32]> = snapshots.iter().map(Vec::as_slice).collect();
        fit_low_rank(&views, RANK, 1e-6).map(drop).map_err(work)
    })
}
