//! One square matrix per wavenumber, applied to packed spectra.

use super::Spectrum;
use equipoise_field::Real;
use num_complex::Complex;
use pulp::{Arch, Simd, WithSimd};

/// Wavenumbers that are handled together, with the sums in registers.
const LANES: usize = 32;

/// A P × P complex matrix M_k per independent wavenumber, real where the wavenumber is
/// self-conjugate, in tiles of 32 wavenumbers so that lanes run over them.
#[derive(Clone, Debug)]
pub struct Blocks<R> {
    planes: usize,
    plane: usize,
    own: usize,
    /// Self-conjugate wavenumbers: (k, row, column), real.
    real: Vec<R>,
    /// The others, padded with zeros to whole tiles: (tile, row, column), real and imaginary part.
    tiles: Vec<Lane<R>>,
}

/// One entry of [`LANES`] matrices.
#[derive(Clone, Copy, Debug)]
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

impl<R: Real> Blocks<R> {
    /// From `entry(k, row, column)`, in the order of wavenumbers of `spectrum`. The imaginary part
    /// at self-conjugate wavenumbers is dropped.
    pub fn new(
        planes: usize,
        spectrum: &Spectrum<R>,
        entry: impl Fn(usize, usize, usize) -> Complex<f64>,
    ) -> Self {
        let (own, count) = (spectrum.self_conjugate(), spectrum.wavenumbers());
        let square = || (0..planes).flat_map(|r| (0..planes).map(move |c| (r, c)));
        let real = (0..own).flat_map(|k| square().map(move |(r, c)| (k, r, c)));
        let real = real.map(|(k, r, c)| R::narrow(entry(k, r, c).re)).collect();
        let tiles = (own..count)
            .step_by(LANES)
            .flat_map(|first| square().map(move |(r, c)| (first, r, c)))
            .map(|(first, r, c)| {
                let mut lane = Lane::zero();
                for (l, k) in (first..count.min(first + LANES)).enumerate() {
                    let z = entry(k, r, c);
                    (lane.re[l], lane.im[l]) = (R::narrow(z.re), R::narrow(z.im));
                }
                lane
            })
            .collect();
        Self { planes, plane: spectrum.plane(), own, real, tiles }
    }

    /// The entry of M_k at a row and column.
    ///
    /// # Panics
    /// If `k`, `row` or `column` is out of range.
    pub fn entry(&self, k: usize, row: usize, column: usize) -> Complex<f64> {
        let (at, size) = (row * self.planes + column, self.planes * self.planes);
        if k < self.own {
            return Complex::new(self.real[k * size + at].wide(), 0.0);
        }
        let (tile, l) = ((k - self.own) / LANES, (k - self.own) % LANES);
        let lane = &self.tiles[tile * size + at];
        Complex::new(lane.re[l].wide(), lane.im[l].wide())
    }

    /// out_k = M_k x_k for packed spectra of P planes.
    ///
    /// # Panics
    /// If a length differs from P·H·W.
    pub fn multiply(&self, x: &[R], out: &mut [R]) {
        self.run(x, out, |row, column| row * self.planes + column, R::one());
    }

    /// out_k = M_kᴴ x_k for packed spectra of P planes.
    ///
    /// # Panics
    /// If a length differs from P·H·W.
    pub fn multiply_adjoint(&self, x: &[R], out: &mut [R]) {
        self.run(x, out, |row, column| column * self.planes + row, -R::one());
    }

    /// `sign` is that of the imaginary part; `at` gives the entry for (out row, in row).
    fn run(&self, x: &[R], out: &mut [R], at: impl Fn(usize, usize) -> usize, sign: R) {
        assert_eq!(x.len(), self.planes * self.plane, "blocks: input length");
        assert_eq!(out.len(), x.len(), "blocks: output length");
        let size = self.planes * self.planes;
        for k in 0..self.own {
            for row in 0..self.planes {
                out[row * self.plane + k] = (0..self.planes).fold(R::zero(), |sum, column| {
                    sum + self.real[k * size + at(row, column)] * x[column * self.plane + k]
                });
            }
        }
        let mut input = vec![Lane::zero(); self.planes];
        let mut sums = input.clone();
        let arch = Arch::new();
        for (index, tile) in self.tiles.chunks(size).enumerate() {
            self.load(x, index, &mut input);
            arch.dispatch(Rows { tile, input: &input, at: &at, sign, sums: &mut sums });
            for (sum, plane) in sums.iter().zip(out.chunks_mut(self.plane)) {
                self.store(sum, index, plane);
            }
        }
    }

    /// First slot of the real parts of a tile in a packed plane, how far the imaginary parts lie
    /// behind, and how many wavenumbers the tile has.
    fn place(&self, tile: usize) -> (usize, usize, usize) {
        let paired = (self.plane - self.own) / 2;
        (self.own + tile * LANES, paired, LANES.min(paired - tile * LANES))
    }

    fn load(&self, x: &[R], tile: usize, input: &mut [Lane<R>]) {
        let (start, behind, lanes) = self.place(tile);
        for (lane, plane) in input.iter_mut().zip(x.chunks(self.plane)) {
            lane.re[..lanes].copy_from_slice(&plane[start..start + lanes]);
            lane.im[..lanes].copy_from_slice(&plane[start + behind..start + behind + lanes]);
        }
    }

    fn store(&self, sum: &Lane<R>, tile: usize, plane: &mut [R]) {
        let (start, behind, lanes) = self.place(tile);
        plane[start..start + lanes].copy_from_slice(&sum.re[..lanes]);
        plane[start + behind..start + behind + lanes].copy_from_slice(&sum.im[..lanes]);
    }
}

/// All rows of one tile's product, compiled for the machine's vectors.
struct Rows<'a, R, At> {
    tile: &'a [Lane<R>],
    input: &'a [Lane<R>],
    at: &'a At,
    sign: R,
    sums: &'a mut [Lane<R>],
}

impl<R: Real, At: Fn(usize, usize) -> usize> WithSimd for Rows<'_, R, At> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (row, out) in self.sums.iter_mut().enumerate() {
            let mut sum = Lane::zero();
            for (column, x) in self.input.iter().enumerate() {
                let m = &self.tile[(self.at)(row, column)];
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
