//! Randomised subspace iteration over the windows, with a bound on what it missed (Halko, Martinsson &
//! Tropp 2011).

use super::spatial::fits;
use super::temporal::check_rank;
use super::{Frames, PIECE, TemporalModes, Windows, centre_columns};
use crate::{CovarianceError, Result};
use equipoise_field::each;
use equipoise_stream::Stream;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, Axis, Slice, concatenate};
use ndarray_linalg::{Eigh, QR, UPLO};
use serde::{Deserialize, Serialize};
use std::f64::consts::FRAC_2_PI;

/// Probes of the bound.
const PROBES: usize = 10;
/// Factor of the bound; it fails with probability α^−probes.
const ALPHA: f64 = 10.0;
/// Sums that share the pieces of a pass, at least one a group of columns.
const LANES: usize = 4;
/// Columns of a product that one task takes.
const PANEL: usize = 64;

/// How many directions and passes the method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Randomised {
    /// p, directions beyond the rank.
    pub oversampling: usize,
    /// q, applications of the Gram matrix before the last, each one pass over the frames.
    pub power: usize,
}

impl Default for Randomised {
    /// p = 10 and q = 2, in the middle of what the paper recommends.
    fn default() -> Self {
        Self { oversampling: 10, power: 2 }
    }
}

/// What directions the method cannot have missed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorBound {
    /// No direction outside the subspace that was searched has a larger sample variance than this.
    pub variance: f64,
    /// 10^−10: how likely it is, over the draw of the probes, that the bound does not hold.
    pub failure: f64,
}

impl Randomised {
    /// The leading temporal modes of windows over `frames`, whose groups of columns are divided by
    /// `scale`, and a bound on what lies outside.
    ///
    /// With G = X Xᵀ the Gram matrix of the centred windows, Q is an orthonormal basis of Gᵠ Ω for a
    /// normal Ω of r + p columns (algorithm 4.4 on G), and the modes are the Ritz vectors of G in it. G
    /// is never formed: G q = Σ X_s(X_sᵀ q) over slabs s. The bound is their equation 4.3, by lemma 4.1
    /// for E = (I − Q Qᵀ) G (I − Q Qᵀ), whose norm is the squared error of X,
    ///
    /// > ‖(I − Q Qᵀ) X‖² = ‖E‖ ≤ 10 √(2/π) max_i ‖E ω_i‖, i = 1…10,
    ///
    /// divided by n − 1, or tr E/(n − 1), which is known exactly, where that is smaller. Probes of E see
    /// √Σλ² of what was missed, those of X √Σλ, which is a weaker bound on a long tail.
    ///
    /// It costs q + 1 passes and 4·rows·F·T·(r + p) operations a pass; memory 8·rows·T·(r + p) bytes six
    /// times beside one slab, or once a group and two times where there are more than four groups. Draws are keyed by `stream`.
    ///
    /// # Errors
    /// Those of reading; [`CovarianceError::Rank`] unless 1 ≤ rank ≤ n − 1 and that many eigenvalues are
    /// positive, [`CovarianceError::Eigen`] when LAPACK fails.
    pub fn fit<F: Frames>(
        self,
        frames: &F,
        windows: &Windows,
        scale: &[f64],
        rank: usize,
        stream: Stream,
    ) -> Result<(TemporalModes, ErrorBound), F::Error> {
        fits(frames, windows)?;
        let n = windows.count();
        check_rank(rank, n.saturating_sub(1), n)?;
        equipoise_blas::require_single_thread().map_err(CovarianceError::from)?;
        let width = (rank + self.oversampling).min(n - 1);
        let mut q = orthonormal(&normal(n, width, stream.text("directions")))?;
        for _ in 0..self.power {
            let (y, _) = gram_times(frames, windows, scale, &q)?;
            q = orthonormal(&y)?;
        }
        // (I − Q Qᵀ) of centred probes, and the constant vector, whose product gives the trace.
        let mut probes = normal(n, PROBES, stream.text("probes"));
        let inside = q.t().dot(&probes);
        general_mat_mul(-1.0, &q, &inside, 1.0, &mut probes);
        let ones = Array2::ones((n, 1));
        let all =
            concatenate(Axis(1), &[q.view(), probes.view(), ones.view()]).expect("all have a row per window");
        let (y, squares) = gram_times(frames, windows, scale, &all)?;
        let freedom = (n - 1) as f64;
        let trace = (squares - y.column(width + PROBES).sum() / n as f64) / freedom;
        let mut projected = q.t().dot(&y.slice_axis(Axis(1), Slice::from(..width))) / freedom;
        projected = (&projected + &projected.t()) / 2.0;
        let (values, inner) =
            projected.eigh(UPLO::Lower).map_err(|e| failed("the projected Gram matrix", e))?;
        let eigenvalues: Vec<f64> = values.iter().rev().map(|l| l.max(0.0)).collect();
        let vectors = q.dot(&super::temporal::last(&inner, rank));
        let seen = missed(&q, &y.slice_axis(Axis(1), Slice::from(width..width + PROBES)));
        let rest = (trace - eigenvalues.iter().sum::<f64>()).max(0.0);
        // Not below the rounding of the trace, which is what is left where nothing is.
        let rounding = n as f64 * f64::EPSILON * trace;
        let variance = rest.min(ALPHA * FRAC_2_PI.sqrt() * seen / freedom).max(rounding);
        let modes = TemporalModes { eigenvalues, vectors, trace }.resolved(rank)?;
        Ok((modes, ErrorBound { variance, failure: ALPHA.powi(-(PROBES as i32)) }))
    }

    /// The bytes that [`fit`](Self::fit) takes beside one slab.
    pub fn bytes(self, rows: usize, groups: usize, window: usize, rank: usize) -> usize {
        let columns = window * (rank + self.oversampling + PROBES + 1);
        8 * rows * columns * (2 + groups * lanes(groups)) + 8 * PIECE * LANES * (rows + columns)
    }
}

/// max_i ‖(I − Q Qᵀ) J y_i‖.
fn missed(q: &Array2<f64>, y: &ArrayView2<'_, f64>) -> f64 {
    let mut y = y.to_owned();
    centre_columns(y.view_mut());
    let inside = q.t().dot(&y);
    general_mat_mul(-1.0, q, &inside, 1.0, &mut y);
    y.columns().into_iter().map(|e| e.dot(&e).sqrt()).fold(0.0, f64::max)
}

fn failed(what: &str, source: ndarray_linalg::error::LinalgError) -> CovarianceError {
    CovarianceError::Eigen { what: what.into(), source }
}

/// Centred normal columns, draw j for column j.
fn normal(n: usize, columns: usize, stream: Stream) -> Array2<f64> {
    let mut out = Array2::zeros((n, columns));
    for (j, mut column) in out.columns_mut().into_iter().enumerate() {
        let draw: Vec<f64> = stream.normal(j as u64, n);
        column.iter_mut().zip(draw).for_each(|(o, x)| *o = x);
    }
    centre_columns(out.view_mut());
    out
}

/// An orthonormal basis of the columns of J y, orthogonal to the constant vector also where y lacks rank.
fn orthonormal(y: &Array2<f64>) -> Result<Array2<f64>> {
    let ones = Array2::ones((y.nrows(), 1));
    let all = concatenate(Axis(1), &[ones.view(), y.view()]).expect("both have a row per window");
    let (q, _) = all.qr().map_err(|e| failed("the sampled directions", e))?;
    Ok(q.slice_axis(Axis(1), Slice::from(1..)).to_owned())
}

/// G q (n × m) with G = X Xᵀ of the windows about the first frame, and tr G.
fn gram_times<F: Frames>(
    frames: &F,
    windows: &Windows,
    scale: &[f64],
    q: &Array2<f64>,
) -> Result<(Array2<f64>, f64), F::Error> {
    let spread = windows.spread(q);
    let mut shares = vec![0.0; windows.rows()];
    (0..windows.count()).for_each(|w| (0..windows.window()).for_each(|t| shares[windows.row(w, t)] += 1.0));
    let lanes = lanes(scale.len());
    let starts: Vec<usize> = (0..spread.ncols()).step_by(PANEL).collect();
    let mut tasks: Vec<_> = (0..lanes * scale.len())
        .flat_map(|lane| starts.iter().map(move |&c| (lane, c)))
        .map(|(lane, c)| {
            let columns = c..spread.ncols().min(c + PANEL);
            (lane, Array2::zeros((spread.nrows(), columns.len())), columns)
        })
        .collect();
    let (mut pieces, mut squares) = (vec![0; scale.len()], vec![0.0; scale.len()]);
    frames.visit(&mut |slab| {
        let (group, weight) = (slab.group, scale[slab.group].powi(-2));
        for batch in slab.pieces().chunks(LANES) {
            let wide: Vec<(Array2<f64>, f64)> = each::made(batch.len(), |p| {
                let x = slab.widened(&batch[p]);
                let norms = x.outer_iter().zip(&shares).map(|(row, share)| share * row.dot(&row));
                let squares = norms.sum::<f64>();
                (x, squares)
            });
            let before = pieces[group];
            each::entry(&mut tasks, |_, (lane, sum, columns)| {
                let own = |i: usize| group * lanes + (before + i) % lanes == *lane;
                for (_, (x, _)) in wide.iter().enumerate().filter(|(i, _)| own(*i)) {
                    let projected = x.t().dot(&spread.slice_axis(Axis(1), Slice::from(columns.clone())));
                    general_mat_mul(weight, x, &projected, 1.0, sum);
                }
            });
            wide.iter().for_each(|(_, norms)| squares[group] += weight * norms);
            pieces[group] += batch.len();
        }
        Ok(())
    })?;
    let mut total = Array2::zeros(spread.dim());
    for (_, sum, columns) in tasks {
        let mut at = total.slice_axis_mut(Axis(1), Slice::from(columns));
        at += &sum;
    }
    Ok((windows.gather(&total), squares.iter().sum()))
}

/// Sums of one group of columns: the order in which groups come must not show in the bits.
fn lanes(groups: usize) -> usize {
    (LANES / groups.max(1)).max(1)
}
