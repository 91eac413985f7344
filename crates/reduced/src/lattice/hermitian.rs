//! Cholesky's factors of small Hermitian matrices, one a lane.

use super::tile::{LANES, Lane};
use pulp::{Arch, Simd, WithSimd};

/// L of M = L Lᴴ in every lane, row r with r + 1 numbers; on the diagonal 1/L.
#[derive(Clone, Debug)]
pub(super) struct Cholesky {
    size: usize,
    entries: Vec<Lane<f64>>,
}

/// A row whose pivot is not positive, and the pivot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Indefinite {
    pub(super) row: usize,
    pub(super) pivot: f64,
}

/// First entry of a row.
fn row(r: usize) -> usize {
    r * (r + 1) / 2
}

impl Cholesky {
    /// Room for matrices of `size` rows.
    pub(super) fn new(size: usize) -> Self {
        Self { size, entries: vec![Lane::zero(); row(size)] }
    }

    /// Lower triangles, to be written before [`factorise`](Self::factorise).
    pub(super) fn lower(&mut self) -> &mut [Lane<f64>] {
        &mut self.entries
    }

    /// Adds to the diagonal.
    pub(super) fn add_diagonal(&mut self, r: usize, by: &[f64; LANES]) {
        self.entries[row(r) + r].re.iter_mut().zip(by).for_each(|(d, by)| *d += by);
    }

    pub(super) fn factorise(&mut self) -> Result<(), Indefinite> {
        Arch::new().dispatch(Factorise { size: self.size, entries: &mut self.entries })
    }

    /// x ← M⁻¹x.
    pub(super) fn solve(&self, x: &mut [Lane<f64>]) {
        Arch::new().dispatch(Solve { entries: &self.entries, x });
    }
}

impl Lane<f64> {
    #[inline(always)]
    fn negative(&self) -> Self {
        Self { re: self.re.map(|x| -x), im: self.im.map(|x| -x) }
    }

    #[inline(always)]
    fn conjugate(&self) -> Self {
        Self { re: self.re, im: self.im.map(|x| -x) }
    }
}

struct Factorise<'a> {
    size: usize,
    entries: &'a mut [Lane<f64>],
}

impl WithSimd for Factorise<'_> {
    type Output = Result<(), Indefinite>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Self::Output {
        for r in 0..self.size {
            for c in 0..=r {
                let mut sum = self.entries[row(r) + c];
                for k in 0..c {
                    let other = self.entries[row(c) + k].negative();
                    sum.add_conjugate_product::<S>(&other, &self.entries[row(r) + k]);
                }
                self.entries[row(r) + c] = if c < r {
                    sum.scaled(&self.entries[row(c) + c].re)
                } else {
                    if let Some(&pivot) = sum.re.iter().find(|p| !(**p > 0.0 && p.is_finite())) {
                        return Err(Indefinite { row: r, pivot });
                    }
                    Lane { re: sum.re.map(|pivot| 1.0 / pivot.sqrt()), im: [0.0; LANES] }
                };
            }
        }
        Ok(())
    }
}

struct Solve<'a> {
    entries: &'a [Lane<f64>],
    x: &'a mut [Lane<f64>],
}

impl WithSimd for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { entries, x } = self;
        for r in 0..x.len() {
            let mut sum = x[r];
            for k in 0..r {
                sum.add_product::<S>(&entries[row(r) + k].negative(), &x[k]);
            }
            x[r] = sum.scaled(&entries[row(r) + r].re);
        }
        for r in (0..x.len()).rev() {
            let mut sum = x[r];
            for k in r + 1..x.len() {
                sum.add_product::<S>(&entries[row(k) + r].conjugate().negative(), &x[k]);
            }
            x[r] = sum.scaled(&entries[row(r) + r].re);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;
    use num_complex::Complex;

    const SIZE: usize = 5;

    /// M = B Bᴴ + I with another B in every lane: a solve returns x from M x to n ε cond M.
    #[test]
    fn a_solve_undoes_the_product() {
        let draw: Vec<f64> = Stream::new("cholesky").normal(0, 2 * LANES * SIZE * (SIZE + 1));
        let z = |lane: usize, i: usize| {
            let at = 2 * (lane * SIZE * (SIZE + 1) + i);
            Complex::new(draw[at], draw[at + 1])
        };
        let entry = |lane: usize, r: usize, c: usize| {
            let own = f64::from(u8::from(r == c));
            let inner = (0..SIZE).map(|k| z(lane, r * SIZE + k) * z(lane, c * SIZE + k).conj());
            inner.sum::<Complex<f64>>() + own
        };
        let x = |lane: usize, i: usize| z(lane, SIZE * SIZE + i);
        let put = |to: &mut Lane<f64>, lane: usize, z: Complex<f64>| {
            (to.re[lane], to.im[lane]) = (z.re, z.im);
        };
        let mut factor = Cholesky::new(SIZE);
        let mut found = vec![Lane::zero(); SIZE];
        for lane in 0..LANES {
            for r in 0..SIZE {
                (0..=r).for_each(|c| put(&mut factor.lower()[row(r) + c], lane, entry(lane, r, c)));
                put(&mut found[r], lane, (0..SIZE).map(|c| entry(lane, r, c) * x(lane, c)).sum());
            }
        }
        factor.factorise().unwrap();
        factor.solve(&mut found);
        for lane in 0..LANES {
            let trace: f64 = (0..SIZE).map(|r| entry(lane, r, r).re).sum();
            let at = |r: usize| Complex::new(found[r].re[lane], found[r].im[lane]);
            let error = (0..SIZE).map(|r| (at(r) - x(lane, r)).norm()).fold(0.0, f64::max);
            let size = (0..SIZE).map(|r| x(lane, r).norm()).fold(0.0, f64::max);
            // The smallest eigenvalue is at least 1, so that cond M ≤ tr M.
            assert!(error <= SIZE as f64 * f64::EPSILON * trace * size, "lane {lane}: {error:e}");
        }
    }

    #[test]
    fn a_negative_pivot_is_named() {
        let mut factor = Cholesky::new(2);
        factor.lower().copy_from_slice(&[1.0, 2.0, 1.0].map(|x| Lane { re: [x; LANES], im: [0.0; LANES] }));
        assert_eq!(factor.factorise().unwrap_err(), Indefinite { row: 1, pivot: -3.0 });
    }
}
