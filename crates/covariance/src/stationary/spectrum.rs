//! The unitary Fourier transform of real planes, packed into one real number per degree of freedom.

use super::transposes::{TOGETHER, to_columns, to_rows};
use crate::Pool;
use equipoise_field::Real;
use equipoise_fourier::Planes;
use num_complex::Complex;
use std::f64::consts::SQRT_2;
use std::fmt;

/// The transform of H × W planes and its order of independent wavenumbers.
///
/// Of every pair (k, −k) one is kept. Wavenumbers that are their own partner come first. A packed
/// plane of H·W numbers holds the real parts of all K wavenumbers, then the imaginary parts of
/// those that are not self-conjugate, the latter and their real parts times √2: the map is
/// orthogonal.
pub struct Spectrum<R: Real> {
    height: usize,
    width: usize,
    plans: Planes<R>,
    /// Position of each independent wavenumber in the column-major half spectrum.
    position: Vec<usize>,
    self_conjugate: usize,
    /// Runs of wavenumbers that are not self-conjugate whose positions follow each other, from the first
    /// of them on: (first, position, length).
    runs: Vec<(usize, usize, usize)>,
    /// (position, position of the partner) of what the half spectrum repeats.
    repeated: Vec<(usize, usize)>,
    buffers: Pool<Buffers<R>>,
}

/// What one thread needs for one plane.
struct Buffers<R> {
    row: Vec<R>,
    /// A few rows, which stay in the first-level cache.
    rows: Vec<Complex<R>>,
    columns: Vec<Complex<R>>,
    scratch: Vec<Complex<R>>,
}

impl<R: Real> fmt::Debug for Spectrum<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spectrum").field("height", &self.height).field("width", &self.width).finish()
    }
}

impl<R: Real> Spectrum<R> {
    /// The transform of planes of `height` × `width` points.
    ///
    /// # Panics
    /// If a side is zero.
    pub fn new(height: usize, width: usize) -> Self {
        assert!(height > 0 && width > 0, "spectrum: a side of the grid is zero");
        let own = |k: usize, n: usize| k == 0 || 2 * k == n;
        let (mut single, mut paired, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        for ky in 0..=width / 2 {
            for kx in 0..height {
                let at = ky * height + kx;
                match (own(ky, width), own(kx, height)) {
                    (true, true) => single.push(at),
                    (true, false) if 2 * kx > height => repeated.push((at, ky * height + height - kx)),
                    _ => paired.push(at),
                }
            }
        }
        let self_conjugate = single.len();
        let runs = runs(&paired);
        single.append(&mut paired);
        Self {
            height,
            width,
            plans: equipoise_fourier::planes(height, width),
            position: single,
            self_conjugate,
            runs,
            repeated,
            buffers: Pool::default(),
        }
    }

    /// H·W, the length of a plane and of its packed transform.
    pub fn plane(&self) -> usize {
        self.height * self.width
    }

    /// K, the number of independent wavenumbers.
    pub fn wavenumbers(&self) -> usize {
        self.position.len()
    }

    /// How many wavenumbers, the first ones, are their own partner.
    pub fn self_conjugate(&self) -> usize {
        self.self_conjugate
    }

    /// (k_H, k_W) of independent wavenumber `k`, in 0..H and 0..=W/2.
    pub fn wavenumber(&self, k: usize) -> (usize, usize) {
        (self.position[k] % self.height, self.position[k] / self.height)
    }

    /// The independent wavenumber that a packed slot belongs to.
    pub fn wavenumber_of_slot(&self, slot: usize) -> usize {
        let count = self.wavenumbers();
        if slot < count { slot } else { slot - count + self.self_conjugate }
    }

    /// For every (k_H, k_W) in 0..H × 0..W, row-major: its independent wavenumber, and whether it is
    /// the conjugate partner of it.
    pub fn directory(&self) -> Vec<(usize, bool)> {
        let mut table = vec![(0, false); self.plane()];
        for k in 0..self.wavenumbers() {
            let (kx, ky) = self.wavenumber(k);
            let partner = (self.height - kx) % self.height * self.width + (self.width - ky) % self.width;
            table[partner] = (k, true);
            table[kx * self.width + ky] = (k, false);
        }
        table
    }

    /// Transforms consecutive planes of `v` into packed planes.
    ///
    /// # Panics
    /// If the lengths differ or are no multiple of H·W.
    pub fn forward(&self, v: &[R], packed: &mut [R]) {
        self.check(v.len(), packed.len());
        let one = R::narrow(1.0 / (self.plane() as f64).sqrt());
        let two = R::narrow(SQRT_2 / (self.plane() as f64).sqrt());
        let half = self.width / 2 + 1;
        self.buffers.with(
            || self.make_buffers(),
            |b| {
                for (v, packed) in v.chunks(self.plane()).zip(packed.chunks_mut(self.plane())) {
                    for (at, lines) in v.chunks(TOGETHER * self.width).enumerate() {
                        for (line, out) in lines.chunks(self.width).zip(b.rows.chunks_mut(half)) {
                            b.row.copy_from_slice(line);
                            self.plans
                                .row
                                .process_with_scratch(&mut b.row, out, &mut b.scratch)
                                .expect("buffers come from the plan");
                        }
                        to_columns(&b.rows, half, at * TOGETHER, self.height, &mut b.columns);
                    }
                    self.plans.column.process_with_scratch(&mut b.columns, &mut b.scratch);
                    self.pack(&b.columns, one, two, packed);
                }
            },
        );
    }

    /// Inverse and adjoint of [`forward`](Self::forward).
    ///
    /// # Panics
    /// If the lengths differ or are no multiple of H·W.
    pub fn backward(&self, packed: &[R], v: &mut [R]) {
        self.check(packed.len(), v.len());
        let one = R::narrow(1.0 / (self.plane() as f64).sqrt());
        let two = R::narrow(1.0 / SQRT_2 / (self.plane() as f64).sqrt());
        let half = self.width / 2 + 1;
        self.buffers.with(
            || self.make_buffers(),
            |b| {
                for (packed, v) in packed.chunks(self.plane()).zip(v.chunks_mut(self.plane())) {
                    self.unpack(packed, one, two, &mut b.columns);
                    self.plans.column_back.process_with_scratch(&mut b.columns, &mut b.scratch);
                    for (at, lines) in v.chunks_mut(TOGETHER * self.width).enumerate() {
                        to_rows(&b.columns, self.height, at * TOGETHER, half, &mut b.rows);
                        for (line, out) in b.rows.chunks_mut(half).zip(lines.chunks_mut(self.width)) {
                            line[0].im = R::zero();
                            if self.width.is_multiple_of(2) {
                                line[half - 1].im = R::zero();
                            }
                            self.plans
                                .row_back
                                .process_with_scratch(line, out, &mut b.scratch)
                                .expect("buffers come from the plan");
                        }
                    }
                }
            },
        );
    }

    fn check(&self, from: usize, to: usize) {
        assert_eq!(from, to, "spectrum: lengths differ");
        assert!(from.is_multiple_of(self.plane()), "spectrum: length {from} is not whole planes");
    }

    fn make_buffers(&self) -> Buffers<R> {
        let half = (self.width / 2 + 1) * self.height;
        let scratch = [
            self.plans.row.get_scratch_len(),
            self.plans.row_back.get_scratch_len(),
            self.plans.column.get_inplace_scratch_len(),
            self.plans.column_back.get_inplace_scratch_len(),
        ];
        let zero = Complex::new(R::zero(), R::zero());
        Buffers {
            row: vec![R::zero(); self.width],
            rows: vec![zero; (self.width / 2 + 1) * TOGETHER],
            columns: vec![zero; half],
            scratch: vec![zero; scratch.into_iter().max().unwrap_or(0)],
        }
    }

    fn pack(&self, columns: &[Complex<R>], one: R, two: R, packed: &mut [R]) {
        let (re, im) = packed.split_at_mut(self.wavenumbers());
        let (re_single, re_paired) = re.split_at_mut(self.self_conjugate);
        for (re, &at) in re_single.iter_mut().zip(&self.position) {
            *re = one * columns[at].re;
        }
        for &(first, at, len) in &self.runs {
            let parts = re_paired[first..first + len].iter_mut().zip(&mut im[first..first + len]);
            for ((re, im), z) in parts.zip(&columns[at..at + len]) {
                *re = two * z.re;
                *im = two * z.im;
            }
        }
    }

    fn unpack(&self, packed: &[R], one: R, two: R, columns: &mut [Complex<R>]) {
        let (re, im) = packed.split_at(self.wavenumbers());
        let (re_single, re_paired) = re.split_at(self.self_conjugate);
        for (&re, &at) in re_single.iter().zip(&self.position) {
            columns[at] = Complex::new(one * re, R::zero());
        }
        for &(first, at, len) in &self.runs {
            let parts = re_paired[first..first + len].iter().zip(&im[first..first + len]);
            for ((&re, &im), z) in parts.zip(&mut columns[at..at + len]) {
                *z = Complex::new(two * re, two * im);
            }
        }
        for &(at, partner) in &self.repeated {
            columns[at] = columns[partner].conj();
        }
    }
}

/// (first, position, length) of runs of positions that follow each other.
fn runs(positions: &[usize]) -> Vec<(usize, usize, usize)> {
    let mut first = 0;
    let runs = positions.chunk_by(|a, b| a + 1 == *b).map(|run| {
        first += run.len();
        (first - run.len(), run[0], run.len())
    });
    runs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::sum;

    /// Against the defining sum, at every wavenumber.
    #[test]
    fn packed_numbers_are_the_unitary_transform() {
        for (h, w) in [(4, 4), (3, 5), (6, 1), (1, 1), (2, 7), (9, 6)] {
            let spectrum = Spectrum::<f64>::new(h, w);
            let v: Vec<f64> = (0..h * w).map(|i| (i as f64 * 0.9).cos() + 0.1 * i as f64).collect();
            let mut packed = vec![f64::NAN; h * w];
            spectrum.forward(&v, &mut packed);
            assert!((sum::norm(&packed) / sum::norm(&v) - 1.0).abs() < 1e-14);
            for k in 0..spectrum.wavenumbers() {
                let (kx, ky) = spectrum.wavenumber(k);
                let mut x = Complex::new(0.0, 0.0);
                for (i, value) in v.iter().enumerate() {
                    let turn = (kx * (i / w)) as f64 / h as f64 + (ky * (i % w)) as f64 / w as f64;
                    x += Complex::from_polar(*value, -std::f64::consts::TAU * turn);
                }
                x /= ((h * w) as f64).sqrt();
                if k < spectrum.self_conjugate() {
                    assert!((packed[k] - x.re).abs() < 1e-13);
                } else {
                    let im = packed[spectrum.wavenumbers() + k - spectrum.self_conjugate()];
                    assert!((packed[k] - SQRT_2 * x.re).abs() < 1e-13 && (im - SQRT_2 * x.im).abs() < 1e-13);
                }
            }
            let mut back = vec![f64::NAN; h * w];
            spectrum.backward(&packed, &mut back);
            assert!(sum::squared_distance(&v, &back).sqrt() < 1e-14 * sum::norm(&v).max(1.0));
        }
    }

    #[test]
    fn directory_names_every_wavenumber_or_its_partner() {
        let spectrum = Spectrum::<f32>::new(6, 5);
        for (at, (k, partner)) in spectrum.directory().into_iter().enumerate() {
            let (kx, ky) = spectrum.wavenumber(k);
            let expected = if partner { ((6 - kx) % 6, (5 - ky) % 5) } else { (kx, ky) };
            assert_eq!((at / 5, at % 5), expected);
        }
    }
}
