//! The Gram matrix of windows, from the Gram matrix of their frames.

use super::{PIECE, Slab, Windows};
use crate::Result;
use crate::inner_products::InnerProducts;
use equipoise_field::Length;
use ndarray::Array2;
use rayon::prelude::*;

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
    groups: Vec<InnerProducts>,
}

impl FrameGram {
    /// Nothing summed yet, for `rows` frames of `groups` groups of columns.
    pub fn new(rows: usize, groups: usize) -> Self {
        Self { rows, groups: (0..groups).map(|_| InnerProducts::new(rows)).collect() }
    }

    /// The bytes that the sums take beside one slab, until the windows' Gram matrix has given its
    /// eigenvectors.
    pub fn bytes(rows: usize, groups: usize) -> usize {
        let (sums, under_way) = InnerProducts::bytes(rows, PIECE);
        groups * sums + under_way + 24 * rows * rows
    }

    /// Adds a slab; those of a group come in the order of columns.
    ///
    /// # Panics
    /// If its group or its number of rows is not that of these sums.
    pub fn add(&mut self, slab: &Slab<'_>) {
        assert_eq!(slab.rows(), self.rows, "frame Gram matrix: frames of a slab");
        self.groups[slab.group].add(&slab.pieces(), |row, columns, out| slab.widen(row, columns, out));
    }

    /// The Gram matrix of the centred windows, n × n, every group divided by its `scale` squared.
    ///
    /// # Panics
    /// If `scale` has not one entry per group, or the windows have other frames.
    pub fn of_windows(self, windows: &Windows, scale: &[f64]) -> Array2<f64> {
        assert_eq!(scale.len(), self.groups.len(), "frame Gram matrix: one scale per group");
        let mut frames = Array2::zeros((self.rows, self.rows));
        for (group, s) in self.groups.into_iter().zip(scale) {
            group.add_to(1.0 / (s * s), &mut frames);
        }
        of_windows(&frames, windows)
    }

    /// The sums as numbers, for whoever adds up what several processes have seen of one recording: of every group
    /// the lower triangle, row by row, rows·(rows + 1)/2 numbers. Takes 8·rows² bytes beside them.
    pub fn into_numbers(self) -> Vec<f64> {
        let (rows, mut numbers) = (self.rows, Vec::new());
        for group in self.groups {
            let mut square = Array2::zeros((rows, rows));
            group.add_to(1.0, &mut square);
            (0..rows).for_each(|r| numbers.extend(square.row(r).iter().take(r + 1)));
        }
        numbers
    }
}

/// K_g of every group, summed over columns that several [`FrameGram`]s have seen.
#[derive(Debug)]
pub struct FrameProducts {
    groups: Vec<Array2<f64>>,
}

impl FrameProducts {
    /// Nothing summed yet, for `rows` frames of `groups` groups of columns: 8·rows² bytes a group.
    pub fn new(rows: usize, groups: usize) -> Self {
        Self { groups: vec![Array2::zeros((rows, rows)); groups] }
    }

    /// Adds the [numbers](FrameGram::into_numbers) of one sum. The order of additions is that of the calls.
    ///
    /// # Errors
    /// [`CovarianceError::Length`](crate::CovarianceError::Length) when they are not those of these frames and groups.
    pub fn add(&mut self, numbers: &[f64]) -> Result<()> {
        let rows = self.groups.first().map_or(0, Array2::nrows);
        let triangle = rows * (rows + 1) / 2;
        Length::check("products of frames", numbers.len(), triangle * self.groups.len())?;
        for (group, numbers) in self.groups.iter_mut().zip(numbers.chunks(triangle.max(1))) {
            let places = (0..rows).flat_map(|r| (0..=r).map(move |c| (r, c)));
            for ((r, c), x) in places.zip(numbers) {
                group[[r, c]] += x;
                group[[c, r]] = group[[r, c]];
            }
        }
        Ok(())
    }

    /// As [`FrameGram::of_windows`].
    ///
    /// # Panics
    /// As [`FrameGram::of_windows`].
    pub fn of_windows(self, windows: &Windows, scale: &[f64]) -> Array2<f64> {
        assert_eq!(scale.len(), self.groups.len(), "frame Gram matrix: one scale per group");
        let mut frames = Array2::zeros((windows.rows(), windows.rows()));
        self.groups.iter().zip(scale).for_each(|(group, s)| frames.scaled_add(1.0 / (s * s), group));
        of_windows(&frames, windows)
    }
}

/// The Gram matrix of the centred windows, from that of their frames.
fn of_windows(frames: &Array2<f64>, windows: &Windows) -> Array2<f64> {
    assert_eq!(windows.rows(), frames.nrows(), "frame Gram matrix: frames of the windows");
    let n = windows.count();
    let mut gram = Array2::zeros((n, n));
    gram.outer_iter_mut().into_par_iter().enumerate().for_each(|(w, mut row)| {
        for (v, entry) in row.iter_mut().enumerate() {
            *entry = (0..windows.window()).map(|t| frames[[windows.row(w, t), windows.row(v, t)]]).sum();
        }
    });
    centre(&mut gram);
    gram
}

/// J G J with J = I − 1 1ᵀ/n: the Gram matrix about the mean.
fn centre(gram: &mut Array2<f64>) {
    let n = gram.nrows() as f64;
    let mean: Vec<f64> = gram.outer_iter().map(|row| row.sum() / n).collect();
    let total = mean.iter().sum::<f64>() / n;
    gram.indexed_iter_mut().for_each(|((i, j), g)| *g += total - mean[i] - mean[j]);
}
