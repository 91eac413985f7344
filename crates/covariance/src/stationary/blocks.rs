//! One square matrix per wavenumber, applied to packed spectra.

use super::Spectrum;
use super::tiles::{TileRoom, Tiles};
use equipoise_field::Real;
use num_complex::Complex;

/// A P × P complex matrix M_k per independent wavenumber, real where the wavenumber is self-conjugate.
#[derive(Clone, Debug)]
pub struct Blocks<R> {
    planes: usize,
    tiles: Tiles<R>,
}

impl<R: Real> Blocks<R> {
    /// From `entry(k, row, column)`, in the order of wavenumbers of `spectrum`. The imaginary part
    /// at self-conjugate wavenumbers is dropped.
    pub fn new(
        planes: usize,
        spectrum: &Spectrum<R>,
        entry: impl Fn(usize, usize, usize) -> Complex<f64> + Sync,
    ) -> Self {
        let square = || (0..planes).flat_map(|r| (0..planes).map(move |c| (r, c)));
        let of = |k: usize| square().map(|(r, c)| entry(k, r, c)).collect();
        Self { planes, tiles: Tiles::new(planes * planes, spectrum, of) }
    }

    /// The entry of M_k at a row and column.
    ///
    /// # Panics
    /// If `k`, `row` or `column` is out of range.
    pub fn entry(&self, k: usize, row: usize, column: usize) -> Complex<f64> {
        self.tiles.entry(k, row * self.planes + column)
    }

    /// out_k = M_k x_k for packed spectra of P planes.
    ///
    /// # Panics
    /// If a length differs from P·H·W.
    pub fn multiply(&self, x: &[R], out: &mut [R]) {
        self.run(x, out, |row, column| row * self.planes + column, false);
    }

    /// out_k = M_kᴴ x_k for packed spectra of P planes.
    ///
    /// # Panics
    /// If a length differs from P·H·W.
    pub fn multiply_adjoint(&self, x: &[R], out: &mut [R]) {
        self.run(x, out, |row, column| column * self.planes + row, true);
    }

    fn run(&self, x: &[R], out: &mut [R], at: impl Fn(usize, usize) -> usize, adjoint: bool) {
        let plane = self.tiles.plane();
        assert_eq!(x.len(), self.planes * plane, "blocks: input length");
        assert_eq!(out.len(), x.len(), "blocks: output length");
        let planes: Vec<usize> = (0..self.planes).map(|i| i * plane).collect();
        self.tiles.multiply((x, &planes), out, at, adjoint, &mut TileRoom::default());
    }
}
