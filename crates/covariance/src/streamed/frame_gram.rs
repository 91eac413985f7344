//! The Gram matrix of windows, from the Gram matrix of their frames.

use super::{PIECE, Slab, Windows};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, Slice};
use rayon::prelude::*;
use std::ops::Range;

/// Frames that are multiplied with as many others at a time.
const PANEL: usize = 192;
/// Products that are under way at a time, at least.
const TASKS: usize = 16;
/// Pieces of a slab that are widened together, at least.
const BATCH: usize = 4;

/// K_g = F_g F_gᵀ of every group of columns, summed while slabs pass by.
///
/// Windows of T frames share frames, so that their Gram matrix is a sum of shifted frame Gram matrices,
///
/// > G\[w, w'\] = Σ_t Σ_g K_g\[w + t, w' + t\] / s_g²,
///
/// which takes T times fewer operations than X Xᵀ. Only the lower triangle is multiplied: rows²·F
/// operations, 8·rows² bytes a group. Frames are taken relative to the first one and all products are
/// added in `f64`, in an order that depends on the number of frames and the blocks alone.
#[derive(Debug)]
pub struct FrameGram {
    rows: usize,
    lanes: usize,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    pieces: usize,
    products: Vec<Product>,
}

/// One block of the lower triangle, over every `lanes`-th piece.
#[derive(Debug)]
struct Product {
    left: Range<usize>,
    right: Range<usize>,
    lane: usize,
    sum: Array2<f64>,
}

impl FrameGram {
    /// Nothing summed yet, for `rows` frames of `groups` groups of columns.
    pub fn new(rows: usize, groups: usize) -> Self {
        let panels: Vec<Range<usize>> = (0..rows).step_by(PANEL).map(|p| p..rows.min(p + PANEL)).collect();
        let pairs: Vec<_> = (0..panels.len()).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
        let lanes = lanes(rows);
        let product = |(lane, (i, j)): (usize, (usize, usize))| {
            let (left, right) = (panels[i].clone(), panels[j].clone());
            let sum = Array2::zeros((left.len(), right.len()));
            Product { left, right, lane, sum }
        };
        let all = || (0..lanes).flat_map(|lane| pairs.iter().map(move |&pair| (lane, pair)));
        let group = |_| Group { pieces: 0, products: all().map(product).collect() };
        Self { rows, lanes, groups: (0..groups).map(group).collect() }
    }

    /// The bytes that the sums take beside one slab, until the windows' Gram matrix has given its
    /// eigenvectors.
    pub fn bytes(rows: usize, groups: usize) -> usize {
        8 * rows * rows * (groups * lanes(rows) + 3) + 8 * PIECE * rows * lanes(rows).max(BATCH)
    }

    /// Adds a slab; slabs come in the order of columns.
    ///
    /// # Panics
    /// If its group or its number of rows is not that of these sums.
    pub fn add(&mut self, slab: &Slab<'_>) {
        assert_eq!(slab.values.len(), self.rows * slab.width, "frame Gram matrix: numbers of a slab");
        let lanes = self.lanes;
        let group = &mut self.groups[slab.group];
        for batch in slab.pieces().chunks(lanes.max(BATCH)) {
            let wide: Vec<Array2<f64>> = batch.par_iter().map(|p| slab.widened(p)).collect();
            let before = group.pieces;
            group.products.par_iter_mut().for_each(|product| {
                for (_, x) in wide.iter().enumerate().filter(|(i, _)| (before + i) % lanes == product.lane) {
                    let left = x.slice_axis(Axis(0), Slice::from(product.left.clone()));
                    let right = x.slice_axis(Axis(0), Slice::from(product.right.clone()));
                    general_mat_mul(1.0, &left, &right.t(), 1.0, &mut product.sum);
                }
            });
            group.pieces += batch.len();
        }
    }

    /// The Gram matrix of the centred windows, n × n, every group divided by its `scale` squared.
    ///
    /// # Panics
    /// If `scale` has not one entry per group, or the windows have other frames.
    pub fn of_windows(self, windows: &Windows, scale: &[f64]) -> Array2<f64> {
        assert_eq!(scale.len(), self.groups.len(), "frame Gram matrix: one scale per group");
        assert_eq!(windows.rows(), self.rows, "frame Gram matrix: frames of the windows");
        let mut frames = Array2::zeros((self.rows, self.rows));
        for (group, s) in self.groups.into_iter().zip(scale) {
            for product in group.products {
                let mut rows = frames.slice_axis_mut(Axis(0), Slice::from(product.left));
                let mut at = rows.slice_axis_mut(Axis(1), Slice::from(product.right));
                at.scaled_add(1.0 / (s * s), &product.sum);
            }
        }
        let n = windows.count();
        let lower = |a: usize, b: usize| frames[[a.max(b), a.min(b)]];
        let mut gram = Array2::zeros((n, n));
        gram.outer_iter_mut().into_par_iter().enumerate().for_each(|(w, mut row)| {
            for (v, entry) in row.iter_mut().enumerate() {
                *entry = (0..windows.window()).map(|t| lower(windows.row(w, t), windows.row(v, t))).sum();
            }
        });
        centre(&mut gram);
        gram
    }
}

/// How many sums share the pieces: enough for [`TASKS`] products, whatever the threads.
fn lanes(rows: usize) -> usize {
    let panels = rows.div_ceil(PANEL).max(1);
    (TASKS / (panels * (panels + 1) / 2)).max(1)
}

/// J G J with J = I − 1 1ᵀ/n: the Gram matrix about the mean.
fn centre(gram: &mut Array2<f64>) {
    let n = gram.nrows() as f64;
    let mean: Vec<f64> = gram.outer_iter().map(|row| row.sum() / n).collect();
    let total = mean.iter().sum::<f64>() / n;
    gram.indexed_iter_mut().for_each(|((i, j), g)| *g += total - mean[i] - mean[j]);
}
