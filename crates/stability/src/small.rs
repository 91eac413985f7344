//! Small dense Hermitian matrices.

use crate::StabilityError;
use ndarray::{Array2, ShapeBuilder};
use ndarray_linalg::{Eigh, UPLO};
use num_complex::Complex;

/// A column of Q.
type Eigenvector = Vec<Complex<f64>>;

/// Sums of [`dot`] that run beside each other.
const LANES: usize = 8;

/// ⟨a, b⟩, in an order that the length alone decides.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (whole_a, rest_a) = a.as_chunks::<LANES>();
    let (whole_b, rest_b) = b.as_chunks::<LANES>();
    for (a, b) in whole_a.iter().zip(whole_b) {
        for l in 0..LANES {
            lanes[l] += a[l] * b[l];
        }
    }
    let rest: f64 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + rest
}

/// A Hermitian matrix, all of it, row by row.
///
/// Products are loops: those of BLAS would wait for each other under rayon.
#[derive(Clone, Debug)]
pub(crate) struct Hermitian {
    size: usize,
    entries: Vec<Complex<f64>>,
}

impl Hermitian {
    pub(crate) fn zero(size: usize) -> Self {
        Self { size, entries: vec![Complex::default(); size * size] }
    }

    pub(crate) fn diagonal(values: &[f64]) -> Self {
        let mut out = Self::zero(values.len());
        values.iter().enumerate().for_each(|(i, &v)| out.set(i, i, v.into()));
        out
    }

    pub(crate) fn at(&self, r: usize, c: usize) -> Complex<f64> {
        self.entries[r * self.size + c]
    }

    /// Sets an entry and its mirror image.
    pub(crate) fn set(&mut self, r: usize, c: usize, z: Complex<f64>) {
        self.entries[r * self.size + c] = z;
        self.entries[c * self.size + r] = z.conj();
    }

    /// Adds w·M.
    pub(crate) fn add(&mut self, other: &Self, w: f64) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(a, b)| *a += b * w);
    }

    pub(crate) fn add_diagonal(&mut self, values: &[f64]) {
        values.iter().enumerate().for_each(|(i, v)| self.entries[i * self.size + i] += v);
    }

    /// y = M x.
    pub(crate) fn multiply(&self, x: &[Complex<f64>], y: &mut [Complex<f64>]) {
        for (y, row) in y.iter_mut().zip(self.entries.chunks(self.size)) {
            *y = row.iter().zip(x).map(|(m, x)| m * x).sum();
        }
    }

    /// F M F.
    pub(crate) fn sandwiched(&self, f: &Self) -> Self {
        let n = self.size;
        let product = |a: &Self, b: &Self| {
            let mut out = Self::zero(n);
            for (r, i) in (0..n).flat_map(|r| (0..n).map(move |i| (r, i))) {
                let left = a.at(r, i);
                for c in 0..n {
                    out.entries[r * n + c] += left * b.at(i, c);
                }
            }
            out
        };
        product(&product(f, self), f)
    }

    /// yᴴ M y, real.
    pub(crate) fn form(&self, y: &[Complex<f64>]) -> f64 {
        let mut image = vec![Complex::default(); self.size];
        self.multiply(y, &mut image);
        y.iter().zip(&image).map(|(y, m)| y.re * m.re + y.im * m.im).sum()
    }

    /// Eigenvalues, descending, and their eigenvectors, one after the other.
    pub(crate) fn eigen(&self, what: &'static str) -> Result<(Vec<f64>, Vec<Eigenvector>), StabilityError> {
        // Row-major input would make LAPACK see the conjugate.
        let matrix = Array2::from_shape_fn((self.size, self.size).f(), |(r, c)| self.at(r, c));
        let (values, vectors) =
            matrix.eigh(UPLO::Lower).map_err(|source| StabilityError::Eigen { what, source })?;
        let columns = vectors.columns().into_iter().rev().map(|column| column.to_vec()).collect();
        Ok((values.iter().rev().copied().collect(), columns))
    }

    /// Q f(Λ) Qᴴ.
    pub(crate) fn function(
        &self,
        what: &'static str,
        f: impl Fn(f64) -> f64,
    ) -> Result<Self, StabilityError> {
        let (values, vectors) = self.eigen(what)?;
        let mut out = Self::zero(self.size);
        for r in 0..self.size {
            for c in 0..=r {
                let entry = values.iter().zip(&vectors).map(|(&l, v)| v[r] * v[c].conj() * f(l)).sum();
                out.set(r, c, entry);
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M with complex entries, two of whose eigenpairs are known: 2 ± √2 of [[2, 1−i], [1+i, 2]].
    #[test]
    fn eigenvectors_are_those_of_the_matrix_and_not_of_its_conjugate() {
        let mut m = Hermitian::diagonal(&[2.0, 2.0]);
        m.set(1, 0, Complex::new(1.0, 1.0));
        let (values, vectors) = m.eigen("a test").unwrap();
        for (value, sign) in values.iter().zip([1.0, -1.0]) {
            assert!((value - (2.0 + sign * 2f64.sqrt())).abs() < 1e-14);
        }
        for (value, vector) in values.iter().zip(&vectors) {
            let mut image = vec![Complex::default(); 2];
            m.multiply(vector, &mut image);
            assert!(image.iter().zip(vector).all(|(i, v)| (i - v * value).norm() < 1e-14));
        }
        let root = m.function("a test", f64::sqrt).unwrap();
        let square = Hermitian::diagonal(&[1.0, 1.0]).sandwiched(&root);
        assert!((square.at(1, 0) - m.at(1, 0)).norm() < 1e-14);
    }
}
