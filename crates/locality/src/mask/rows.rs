//! The mask of any covariance, made row by row and kept entry by entry.

use super::{ROWS_LIMIT, gain};
use crate::pixelwise::Neighbourhood;
use crate::{LocalityError, Result};
use equipoise_covariance::Covariance;
use equipoise_field::{Real, each};
use equipoise_schedule::Level;

/// The entries of M that are not zero, n by n.
pub(super) struct Rows {
    /// For each n, the pixels m whose weights it enters, and M_nm.
    rows: Vec<Vec<(u32, f64)>>,
}

impl Rows {
    /// One product with W for every pixel; twice that for a hard mask.
    ///
    /// # Errors
    /// [`LocalityError::MaskTooLarge`].
    pub(super) fn new<R: Real>(covariance: &dyn Covariance<R>, level: Level, threshold: f64) -> Result<Self> {
        let dim = covariance.dim();
        if dim > ROWS_LIMIT {
            return Err(LocalityError::MaskTooLarge { dim, limit: ROWS_LIMIT });
        }
        let weights = covariance.weights(&|l| gain(level, l));
        let row = |n: usize| -> Vec<f64> {
            let (mut unit, mut line) = (vec![R::zero(); dim], vec![R::zero(); dim]);
            unit[n] = R::one();
            covariance.apply(&weights, &unit, &mut line);
            if line[n] <= R::zero() {
                return unit.iter().map(|u| u.wide()).collect();
            }
            line.iter().map(|w| w.wide() / line[n].wide()).collect()
        };
        let widest = |row: Vec<f64>| row.iter().fold(0.0f64, |most, m| most.max(m.abs()));
        let least = if threshold == 0.0 {
            0.0
        } else {
            threshold * each::made(dim, |n| widest(row(n))).into_iter().fold(0.0, f64::max)
        };
        let kept = |(m, weight): (usize, f64)| {
            let held = weight.abs() >= least && weight != 0.0;
            held.then_some((m as u32, if threshold == 0.0 { weight } else { 1.0 }))
        };
        let rows = each::made(dim, |n| row(n).into_iter().enumerate().filter_map(kept).collect());
        Ok(Self { rows })
    }
}

impl Neighbourhood for Rows {
    fn gather(&self, squares: &[f64], distances: &mut [f64]) {
        distances.fill(0.0);
        for (row, s) in self.rows.iter().zip(squares) {
            row.iter().for_each(|&(m, weight)| distances[m as usize] += weight * s);
        }
    }

    fn scatter(&self, a: &[f64], out: &mut [f64]) {
        for (row, b) in self.rows.iter().zip(out) {
            *b = row.iter().map(|&(m, weight)| weight * a[m as usize]).sum();
        }
    }
}
