//! Complex matrices of all wavenumbers at once, real where a wavenumber is its own partner, on packed spectra.

use super::Spectrum;
use equipoise_field::Real;
use num_complex::Complex;
use pulp::Arch;
use rayon::prelude::*;

/// Wavenumbers that are handled together, with the sums in registers.
const LANES: usize = 32;

/// As many entries for every independent wavenumber, in tiles of 32 wavenumbers so that lanes run over them.
#[derive(Clone, Debug)]
pub struct Tiles<R> {
    /// Entries of a wavenumber.
    size: usize,
    plane: usize,
    own: usize,
    /// Self-conjugate wavenumbers: (k, entry), real.
    real: Vec<R>,
    /// The others, padded with zeros to whole tiles: (tile, entry), real and imaginary part.
    tiles: Vec<Lane<R>>,
}

/// One number of [`LANES`] wavenumbers.
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

/// Room for the vectors of one tile.
#[derive(Clone, Debug)]
pub struct TileRoom<R> {
    input: Vec<Lane<R>>,
    sums: Vec<Lane<R>>,
}

impl<R> Default for TileRoom<R> {
    fn default() -> Self {
        Self { input: Vec::new(), sums: Vec::new() }
    }
}

impl<R: Real> Tiles<R> {
    /// From the `size` entries of every wavenumber, in the order of `spectrum`. The imaginary part at self-conjugate
    /// wavenumbers is dropped.
    ///
    /// # Panics
    /// If `entries` gives fewer than `size`.
    pub fn new(
        size: usize,
        spectrum: &Spectrum<R>,
        entries: impl Fn(usize) -> Vec<Complex<f64>> + Sync,
    ) -> Self {
        let (own, count) = (spectrum.self_conjugate(), spectrum.wavenumbers());
        let real = (0..own).into_par_iter().flat_map_iter(&entries).map(|z| R::narrow(z.re)).collect();
        let firsts: Vec<usize> = (own..count).step_by(LANES).collect();
        let mut tiles = vec![Lane::zero(); firsts.len() * size];
        tiles.par_chunks_exact_mut(size.max(1)).zip(firsts).for_each(|(tile, first)| {
            for (l, k) in (first..count.min(first + LANES)).enumerate() {
                for (lane, z) in tile.iter_mut().zip(entries(k)) {
                    (lane.re[l], lane.im[l]) = (R::narrow(z.re), R::narrow(z.im));
                }
            }
        });
        Self { size, plane: spectrum.plane(), own, real, tiles }
    }

    /// Numbers of a plane.
    pub fn plane(&self) -> usize {
        self.plane
    }

    /// How many numbers are held at most for `size` entries of the wavenumbers of a plane.
    pub fn numbers(size: usize, plane: usize) -> usize {
        size * (plane + 2 * LANES)
    }

    /// An entry of wavenumber `k`.
    ///
    /// # Panics
    /// If `k` or the entry is out of range.
    pub fn entry(&self, k: usize, at: usize) -> Complex<f64> {
        if k < self.own {
            return Complex::new(self.real[k * self.size + at].wide(), 0.0);
        }
        let (tile, l) = ((k - self.own) / LANES, (k - self.own) % LANES);
        let lane = &self.tiles[tile * self.size + at];
        Complex::new(lane.re[l].wide(), lane.im[l].wide())
    }

    /// Packed plane r of `out` is Σ_i M_k[`at(r, i)`] x_i, or of conjugates of M_k for an adjoint; x_i is the packed plane
    /// that begins at `planes[i]` of `x`.
    ///
    /// # Panics
    /// If a plane reaches beyond `x`, or an entry beyond those of a wavenumber.
    pub fn multiply(
        &self,
        (x, planes): (&[R], &[usize]),
        out: &mut [R],
        at: impl Fn(usize, usize) -> usize,
        adjoint: bool,
        room: &mut TileRoom<R>,
    ) {
        let rows = out.len() / self.plane.max(1);
        for (k, row) in (0..self.own).flat_map(|k| (0..rows).map(move |row| (k, row))) {
            out[row * self.plane + k] = planes.iter().enumerate().fold(R::zero(), |sum, (i, &plane)| {
                sum + self.real[k * self.size + at(row, i)] * x[plane + k]
            });
        }
        let TileRoom { input, sums } = room;
        input.resize(planes.len(), Lane::zero());
        sums.resize(rows, Lane::zero());
        let (arch, sign, at) = (Arch::new(), if adjoint { -R::one() } else { R::one() }, &at);
        for (index, tile) in self.tiles.chunks_exact(self.size.max(1)).enumerate() {
            let (start, behind, lanes) = self.place(index);
            for (lane, &plane) in input.iter_mut().zip(planes) {
                lane.re[..lanes].copy_from_slice(&x[plane + start..][..lanes]);
                lane.im[..lanes].copy_from_slice(&x[plane + start + behind..][..lanes]);
            }
            let (of, into) = (&input[..], &mut sums[..]);
            arch.dispatch(
                #[inline(always)]
                move || product(tile, of, at, sign, into),
            );
            for (sum, plane) in sums.iter().zip(out.chunks_exact_mut(self.plane)) {
                plane[start..start + lanes].copy_from_slice(&sum.re[..lanes]);
                plane[start + behind..][..lanes].copy_from_slice(&sum.im[..lanes]);
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
#[inline(always)]
fn product<R: Real, At: Fn(usize, usize) -> usize>(
    tile: &[Lane<R>],
    input: &[Lane<R>],
    at: &At,
    sign: R,
    sums: &mut [Lane<R>],
) {
    for (row, out) in sums.iter_mut().enumerate() {
        let mut sum = Lane::zero();
        for (column, x) in input.iter().enumerate() {
            let m = &tile[(at)(row, column)];
            for l in 0..LANES {
                let im = sign * m.im[l];
                sum.re[l] += m.re[l] * x.re[l] - im * x.im[l];
                sum.im[l] += m.re[l] * x.im[l] + im * x.re[l];
            }
        }
        *out = sum;
    }
}
