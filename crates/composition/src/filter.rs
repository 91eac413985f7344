//! The rows of J of a stationary window at one level, wavenumber by wavenumber.

use crate::rows::{Row, Rows, Tap};
use equipoise_covariance::{Stationary, TileRoom, Tiles};
use equipoise_field::Real;
use num_complex::Complex;

/// For every tap of all rows a C × C matrix per independent wavenumber: entries (tap, row, column).
pub(crate) struct Filter<R> {
    channels: usize,
    cells: Tiles<R>,
}

/// Room for one frame.
pub(crate) struct Scratch<R> {
    pub(crate) taps: Vec<Tap>,
    pub(crate) packed: Vec<R>,
    room: TileRoom<R>,
}

impl<R> Default for Scratch<R> {
    fn default() -> Self {
        Self { taps: Vec::new(), packed: Vec::new(), room: TileRoom::default() }
    }
}

impl<R: Real> Filter<R> {
    /// From the eigenvalue j(λ) of J.
    pub(crate) fn new(window: &Stationary<R>, rows: &Rows, j: impl Fn(f64) -> f64 + Sync) -> Self {
        let channels = window.shape().channels;
        let of = |k: usize| cells_of(window, rows, k, &j);
        Self { channels, cells: Tiles::new(rows.taps * channels.pow(2), window.spectrum(), of) }
    }

    /// How many numbers it holds at most.
    pub(crate) fn numbers(window: &Stationary<R>, rows: &Rows) -> usize {
        let shape = window.shape();
        Tiles::<R>::numbers(rows.taps * shape.channels.pow(2), shape.plane())
    }

    /// One packed frame, of those in `taps`: `at(frame)` is where a packed frame stands in `frames`. Overwrites
    /// `scratch.packed`.
    pub(crate) fn apply(
        &self,
        frames: &[R],
        at: impl Fn(usize) -> usize,
        adjoint: bool,
        scratch: &mut Scratch<R>,
    ) {
        let Scratch { taps, packed, room } = scratch;
        let (c, plane) = (self.channels, self.cells.plane());
        packed.resize(c * plane, R::zero());
        let planes: Vec<usize> =
            taps.iter().flat_map(|tap| (0..c).map(|i| at(tap.frame) + i * plane)).collect();
        let cell = |row: usize, i: usize| {
            let (tap, column) = (taps[i / c].tap, i % c);
            tap * c * c + if adjoint { column * c + row } else { row * c + column }
        };
        let cells: Vec<usize> = (0..c)
            .flat_map(|row| (0..planes.len()).map(move |i| (row, i)))
            .map(|(r, i)| cell(r, i))
            .collect();
        let cell = |row: usize, i: usize| cells[row * planes.len() + i];
        self.cells.multiply((frames, &planes), packed, cell, adjoint, room);
    }
}

/// The matrices of all taps at wavenumber `k`: (tap, row, column).
fn cells_of<R: Real>(
    window: &Stationary<R>,
    rows: &Rows,
    k: usize,
    j: &(impl Fn(f64) -> f64 + Sync),
) -> Vec<Complex<f64>> {
    let (planes, c) = (window.shape().planes(), window.shape().channels);
    let jacobian = jacobian(window.block_vectors(k), window.block_eigenvalues(k), j);
    let mut cells = Vec::with_capacity(rows.taps * c * c);
    for Row { places, behind, taps } in &rows.all {
        let over = 1.0 / places.len() as f64;
        for tap in 0..taps.len() {
            for (row, column) in (0..c).flat_map(|row| (0..c).map(move |column| (row, column))) {
                // Of a window where the frame stands at `place`, the tap's stands at place + tap − behind.
                let own = places.iter().filter_map(|place| {
                    let other = (place + tap).checked_sub(*behind).filter(|t| t * c < planes)?;
                    Some(jacobian[(place * c + row) * planes + other * c + column])
                });
                cells.push(own.sum::<Complex<f64>>() * over);
            }
        }
    }
    cells
}

/// Q diag(j(λ)) Qᴴ, row-major.
pub(crate) fn jacobian(
    vectors: &[Complex<f64>],
    values: &[f64],
    j: impl Fn(f64) -> f64,
) -> Vec<Complex<f64>> {
    let planes = values.len();
    let gains: Vec<f64> = values.iter().map(|&l| j(l)).collect();
    let mut out = vec![Complex::new(0.0, 0.0); planes * planes];
    for row in 0..planes {
        for column in 0..=row {
            let [a, b] = [row, column].map(|at| &vectors[at * planes..(at + 1) * planes]);
            let sum: Complex<f64> = a.iter().zip(b).zip(&gains).map(|((a, b), g)| a * b.conj() * g).sum();
            out[row * planes + column] = sum;
            out[column * planes + row] = sum.conj();
        }
    }
    out
}
