//! The rows of J of a stationary window at one level, wavenumber by wavenumber.

use crate::rows::{Row, Rows, Tap};
use equipoise_covariance::Stationary;
use equipoise_field::Real;
use num_complex::Complex;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Wavenumbers that are handled together, with the sums in registers.
const LANES: usize = 32;

/// For every tap of all rows a C × C matrix per independent wavenumber, real where that is its own partner, in
/// tiles of 32 wavenumbers so that lanes run over them.
pub(crate) struct Filter<R> {
    channels: usize,
    plane: usize,
    own: usize,
    /// Self-conjugate wavenumbers: (k, tap, row, column), real.
    real: Vec<R>,
    /// The others, padded with zeros to whole tiles: (tile, tap, row, column).
    tiles: Vec<Lane<R>>,
    /// Taps of all rows.
    taps: usize,
}

/// One number of [`LANES`] wavenumbers.
#[derive(Clone, Copy)]
struct Lane<R> {
    re: [R; LANES],
    im: [R; LANES],
}

impl<R: Real> Lane<R> {
    #[inline(always)]
    fn zero() -> Self {
        Self { re: [R::zero(); LANES], im: [R::zero(); LANES] }
    }
}

/// Room for one frame.
pub(crate) struct Scratch<R> {
    pub(crate) taps: Vec<Tap>,
    pub(crate) packed: Vec<R>,
    input: Vec<Lane<R>>,
    sums: Vec<Lane<R>>,
}

impl<R: Real> Default for Scratch<R> {
    fn default() -> Self {
        Self { taps: Vec::new(), packed: Vec::new(), input: Vec::new(), sums: Vec::new() }
    }
}

impl<R: Real> Filter<R> {
    /// From the eigenvalue j(λ) of J.
    pub(crate) fn new(window: &Stationary<R>, rows: &Rows, j: impl Fn(f64) -> f64 + Sync) -> Self {
        let (shape, spectrum) = (window.shape(), window.spectrum());
        let (own, count) = (spectrum.self_conjugate(), spectrum.wavenumbers());
        let cells = rows.taps * shape.channels.pow(2);
        let real = (0..own).into_par_iter().flat_map_iter(|k| cells_of(window, rows, k, &j));
        let real = real.map(|z| R::narrow(z.re)).collect();
        let firsts: Vec<usize> = (own..count).step_by(LANES).collect();
        let mut tiles = vec![Lane::zero(); firsts.len() * cells];
        tiles.par_chunks_exact_mut(cells.max(1)).zip(firsts).for_each(|(tile, first)| {
            for (l, k) in (first..count.min(first + LANES)).enumerate() {
                for (lane, z) in tile.iter_mut().zip(cells_of(window, rows, k, &j)) {
                    (lane.re[l], lane.im[l]) = (R::narrow(z.re), R::narrow(z.im));
                }
            }
        });
        Self { channels: shape.channels, plane: shape.plane(), own, real, tiles, taps: rows.taps }
    }

    /// How many numbers it holds at most.
    pub(crate) fn numbers(window: &Stationary<R>, rows: &Rows) -> usize {
        let shape = window.shape();
        rows.taps * shape.channels.pow(2) * (shape.plane() + 2 * LANES)
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
        let Scratch { taps, packed, input, sums } = scratch;
        let (c, cells) = (self.channels, self.taps * self.channels.pow(2));
        packed.resize(c * self.plane, R::zero());
        let cell = |row: usize, i: usize| {
            let (tap, column) = (taps[i / c].tap, i % c);
            tap * c * c + if adjoint { column * c + row } else { row * c + column }
        };
        let planes: Vec<usize> =
            taps.iter().flat_map(|tap| (0..c).map(|i| at(tap.frame) + i * self.plane)).collect();
        for (k, row) in (0..self.own).flat_map(|k| (0..c).map(move |row| (k, row))) {
            let terms = planes.iter().enumerate();
            packed[row * self.plane + k] = terms.fold(R::zero(), |sum, (i, &plane)| {
                sum + self.real[k * cells + cell(row, i)] * frames[plane + k]
            });
        }
        input.resize(planes.len(), Lane::zero());
        sums.resize(c, Lane::zero());
        let (arch, sign) = (Arch::new(), if adjoint { -R::one() } else { R::one() });
        let cell_of: Vec<usize> = (0..c)
            .flat_map(|row| (0..planes.len()).map(move |i| (row, i)))
            .map(|(r, i)| cell(r, i))
            .collect();
        for (index, tile) in self.tiles.chunks_exact(cells.max(1)).enumerate() {
            let (start, behind, lanes) = self.place(index);
            for (lane, &plane) in input.iter_mut().zip(&planes) {
                lane.re[..lanes].copy_from_slice(&frames[plane + start..][..lanes]);
                lane.im[..lanes].copy_from_slice(&frames[plane + start + behind..][..lanes]);
            }
            arch.dispatch(Tile { tile, input, cells: &cell_of, sign, sums });
            for (sum, plane) in sums.iter().zip(packed.chunks_exact_mut(self.plane)) {
                plane[start..start + lanes].copy_from_slice(&sum.re[..lanes]);
                plane[start + behind..start + behind + lanes].copy_from_slice(&sum.im[..lanes]);
            }
        }
    }

    /// First slot of the real parts of a tile in a packed plane, how far the imaginary parts lie behind, and how
    /// many wavenumbers the tile has.
    fn place(&self, tile: usize) -> (usize, usize, usize) {
        let paired = (self.plane - self.own) / 2;
        (self.own + tile * LANES, paired, LANES.min(paired - tile * LANES))
    }
}

/// All rows of one tile's product, compiled for the machine's vectors.
struct Tile<'a, R> {
    tile: &'a [Lane<R>],
    input: &'a [Lane<R>],
    /// Which matrix entry goes with (row, input).
    cells: &'a [usize],
    sign: R,
    sums: &'a mut [Lane<R>],
}

impl<R: Real> WithSimd for Tile<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (out, cells) in self.sums.iter_mut().zip(self.cells.chunks_exact(self.input.len())) {
            let mut sum = Lane::zero();
            for (x, &cell) in self.input.iter().zip(cells) {
                let m = &self.tile[cell];
                for l in 0..LANES {
                    let im = self.sign * m.im[l];
                    sum.re[l] += m.re[l] * x.re[l] - im * x.im[l];
                    sum.im[l] += m.re[l] * x.im[l] + im * x.re[l];
                }
            }
            *out = sum;
        }
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
