//! Cholesky's factor of a small Hermitian matrix, in loops: calls of BLAS would wait for each other
//! under rayon.

use num_complex::Complex;

/// L of M = L Lᴴ, row by row, the part above the diagonal unused.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky {
    size: usize,
    entries: Vec<Complex<f64>>,
}

/// The row whose pivot is not positive, and the pivot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Indefinite {
    pub(crate) row: usize,
    pub(crate) pivot: f64,
}

impl Cholesky {
    /// From the lower triangle of M, row by row.
    pub(crate) fn new(size: usize, mut m: Vec<Complex<f64>>) -> Result<Self, Indefinite> {
        for row in 0..size {
            for column in 0..=row {
                let mut sum = m[row * size + column];
                for k in 0..column {
                    sum -= m[row * size + k] * m[column * size + k].conj();
                }
                m[row * size + column] = if column < row {
                    sum / m[column * size + column].re
                } else if sum.re > 0.0 && sum.re.is_finite() {
                    sum.re.sqrt().into()
                } else {
                    return Err(Indefinite { row, pivot: sum.re });
                };
            }
        }
        Ok(Self { size, entries: m })
    }

    /// x ← M⁻¹x.
    pub(crate) fn solve(&self, x: &mut [Complex<f64>]) {
        let (n, l) = (self.size, &self.entries);
        for row in 0..n {
            let sum = (0..row).fold(x[row], |sum, k| sum - l[row * n + k] * x[k]);
            x[row] = sum / l[row * n + row].re;
        }
        for row in (0..n).rev() {
            let sum = (row + 1..n).fold(x[row], |sum, k| sum - l[k * n + row].conj() * x[k]);
            x[row] = sum / l[row * n + row].re;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_stream::Stream;

    /// M = B Bᴴ + I of size n: a solve returns x from M x to n ε cond M.
    #[test]
    fn a_solve_undoes_the_product() {
        let n = 5;
        let draw: Vec<f64> = Stream::new("cholesky").normal(0, 2 * n * (n + 1));
        let z = |i: usize| Complex::new(draw[2 * i], draw[2 * i + 1]);
        let entry = |r: usize, c: usize| {
            let own = f64::from(u8::from(r == c));
            (0..n).map(|k| z(r * n + k) * z(c * n + k).conj()).sum::<Complex<f64>>() + own
        };
        let m: Vec<Complex<f64>> = (0..n * n).map(|i| entry(i / n, i % n)).collect();
        let x: Vec<Complex<f64>> = (0..n).map(|i| z(n * n + i)).collect();
        let mut found: Vec<Complex<f64>> =
            (0..n).map(|r| (0..n).map(|c| m[r * n + c] * x[c]).sum()).collect();
        Cholesky::new(n, m.clone()).unwrap().solve(&mut found);
        let trace: f64 = (0..n).map(|r| m[r * n + r].re).sum();
        let error = found.iter().zip(&x).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max);
        let size = x.iter().map(|x| x.norm()).fold(0.0, f64::max);
        // The smallest eigenvalue is at least 1, so that cond M ≤ tr M.
        assert!(error <= n as f64 * f64::EPSILON * trace * size, "{error:e}");
    }

    #[test]
    fn a_negative_pivot_is_named() {
        let m = [1.0, 0.0, 2.0, 1.0].map(Complex::from).to_vec();
        assert_eq!(Cholesky::new(2, m).unwrap_err(), Indefinite { row: 1, pivot: -3.0 });
    }
}
