//! The low-rank fit: the method of snapshots, D × n numbers.

use crate::case::{Case, Work};
use crate::error::work;
use equipoise_covariance::fit_low_rank;
use equipoise_stream::Stream;
use rayon::prelude::*;

/// log₂ D and n.
const SIZES: [(u32, usize); 4] = [(16, 256), (18, 64), (18, 256), (20, 64)];
/// Modes that are kept.
const RANK: usize = 20;

/// One fit per size.
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
    sizes.map(case).collect()
}

/// Snapshots of standard normal numbers, the s-th stretched by 10/(s + 1), so that the spectrum decays.
fn fit(dim: usize, n: usize) -> Work {
    let snapshot = |s: usize| {
        let mut values: Vec<f32> = Stream::new("snapshots").normal(s as u64, dim);
        values.iter_mut().for_each(|v| *v *= 10.0 / (s + 1) as f32);
        values
    };
    let snapshots: Vec<Vec<f32>> = (0..n).into_par_iter().map(snapshot).collect();
    Box::new(move || {
        let views: Vec<&[f32]> = snapshots.iter().map(Vec::as_slice).collect();
        fit_low_rank(&views, RANK, 1e-6).map(drop).map_err(work)
    })
}
