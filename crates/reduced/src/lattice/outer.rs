//! V diag(v) Vᴴ of a tile: what the innovation covariance adds to the noise.

use super::tile::{LANES, Lane};
use equipoise_field::Real;
use equipoise_schedule::Level;
use pulp::{Simd, WithSimd};

/// Adds V diag(v) Vᴴ, v = σ²λ/(μ²λ + σ²), to a lower triangle: row by row, row r with r + 1 numbers.
pub(super) struct Outer<'a, R> {
    pub(super) level: Level,
    pub(super) lambda: &'a [[f64; LANES]],
    pub(super) vectors: &'a [Lane<R>],
    pub(super) planes: usize,
    /// 2·T·C numbers of the kernel's own.
    pub(super) column: &'a mut [Lane<f64>],
    pub(super) lower: &'a mut [Lane<f64>],
}

impl<R: Real> Outer<'_, R> {
    /// Adds N coefficients.
    #[inline(always)]
    fn add<S: Simd, const N: usize>(&mut self, at: usize) {
        let planes = self.planes;
        let Level { mu, sigma } = self.level;
        let mut v = [[0.0; LANES]; N];
        for n in 0..N {
            for l in 0..LANES {
                let lambda = self.lambda[at + n][l];
                v[n][l] = sigma * sigma * lambda / (mu * mu * lambda + sigma * sigma);
            }
        }
        let wide = self.vectors[at * planes..(at + N) * planes].iter().map(Lane::wide);
        self.column.iter_mut().zip(wide).for_each(|(c, v)| *c = v);
        let mut entry = 0;
        for r in 0..planes {
            let mut row = [Lane::<f64>::zero(); N];
            for n in 0..N {
                row[n] = self.column[n * planes + r].scaled(&v[n]);
            }
            for c in 0..=r {
                let mut sum = self.lower[entry];
                for n in 0..N {
                    // a conj(b).
                    sum.add_conjugate_product::<S>(&self.column[n * planes + c], &row[n]);
                }
                self.lower[entry] = sum;
                entry += 1;
            }
        }
    }
}

impl<R: Real> WithSimd for Outer<'_, R> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        let len = self.lambda.len();
        let pairs = len / 2 * 2;
        for at in (0..pairs).step_by(2) {
            self.add::<S, 2>(at);
        }
        if pairs < len {
            self.add::<S, 1>(pairs);
        }
    }
}
