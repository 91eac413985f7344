//! Functions of small Hermitian matrices.

use crate::{ReducedError, Result};
use ndarray::{Array1, Array2, ShapeBuilder};
use ndarray_linalg::{Eigh, Lapack, UPLO};

/// Eigenvalues, ascending, and the columns of Q.
///
/// # Errors
/// [`ReducedError::Factor`].
pub fn eigen<A: Lapack<Real = f64>>(
    matrix: &Array2<A>,
    what: &'static str,
) -> Result<(Array1<f64>, Array2<A>)> {
    if matrix.is_empty() {
        return Ok((Array1::zeros(0), matrix.clone()));
    }
    // Row-major input would make LAPACK see the conjugate.
    let matrix = Array2::from_shape_fn(matrix.dim().f(), |at| matrix[at]);
    matrix.eigh(UPLO::Lower).map_err(|source| ReducedError::Factor { what, source })
}

/// A B by loops: products of BLAS would wait for each other on the threads of rayon.
pub fn product<A: Lapack>(a: &Array2<A>, b: &Array2<A>) -> Array2<A> {
    let entry = |(r, c)| a.row(r).iter().zip(b.column(c)).map(|(a, b)| *a * *b).sum();
    Array2::from_shape_fn((a.nrows(), b.ncols()), entry)
}

/// Q f(Λ) Qᴴ, by loops as [`product`], summed from the largest eigenvalue.
pub(crate) fn function<A: Lapack<Real = f64>>(
    matrix: &Array2<A>,
    what: &'static str,
    f: impl Fn(f64) -> f64,
) -> Result<Array2<A>> {
    let (values, vectors) = eigen(matrix, what)?;
    let values = values.mapv(f);
    let entry = |(r, c)| {
        let pairs = vectors.row(r).into_iter().zip(vectors.row(c)).zip(&values);
        pairs.rev().map(|((a, b), value)| (*a * b.conj()).mul_real(*value)).sum()
    };
    Ok(Array2::from_shape_fn(vectors.dim(), entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;

    /// M with complex entries, two of whose eigenpairs are known: 2 ± √2 of [[2, 1−i], [1+i, 2]].
    #[test]
    fn eigenvectors_are_those_of_the_matrix_and_not_of_its_conjugate() {
        let z = Complex::new;
        let m = ndarray::arr2(&[[z(2.0, 0.0), z(1.0, -1.0)], [z(1.0, 1.0), z(2.0, 0.0)]]);
        let (values, vectors) = eigen(&m, "a test").unwrap();
        for (value, sign) in values.iter().zip([-1.0, 1.0]) {
            assert!((value - (2.0 + sign * 2f64.sqrt())).abs() < 1e-14);
        }
        let image = product(&m, &vectors);
        let scaled = Array2::from_shape_fn((2, 2), |(r, c)| vectors[[r, c]] * values[c]);
        assert!((image - scaled).iter().all(|z| z.norm() < 1e-14));
        let root = function(&m, "a test", f64::sqrt).unwrap();
        assert!((product(&root, &root) - m).iter().all(|z| z.norm() < 1e-14));
    }
}
