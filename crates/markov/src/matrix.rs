//! Dense matrices of real or complex numbers: what chains and filters need of them.

use crate::{MarkovError, Result};
use ndarray::{Array1, Array2, Axis, ShapeBuilder};
use ndarray_linalg::{Cholesky, Eigh, Lapack, UPLO};
use num_complex::Complex64;
use std::sync::Arc;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f64 {}
    impl Sealed for num_complex::Complex64 {}
}

/// The numbers that a chain is over: `f64` or `Complex64`.
pub trait Number: Lapack<Real = f64> + sealed::Sealed + Send + Sync {}

impl Number for f64 {}
impl Number for Complex64 {}

/// Mᴴ.
pub(crate) fn adjoint<S: Number>(m: &Array2<S>) -> Array2<S> {
    m.t().mapv(|z| z.conj())
}

/// (M + Mᴴ)/2.
pub(crate) fn hermitian<S: Number>(m: &Array2<S>) -> Array2<S> {
    let half = S::from_real(0.5);
    Array2::from_shape_fn(m.dim(), |(i, j)| (m[[i, j]] + m[[j, i]].conj()) * half)
}

/// V diag(w) Vᴴ.
pub(crate) fn conjugated<S: Number>(v: &Array2<S>, w: &Array1<f64>) -> Array2<S> {
    let scaled = Array2::from_shape_fn(v.dim(), |(i, j)| v[[i, j]] * S::from_real(w[j]));
    hermitian(&scaled.dot(&adjoint(v)))
}

/// Writes a block from a place on.
pub(crate) fn put<S: Number>(m: &mut Array2<S>, [row, column]: [usize; 2], block: &Array2<S>) {
    block.indexed_iter().for_each(|((i, j), z)| m[[row + i, column + j]] = *z);
}

/// Eigenvalues, ascending, and eigenvectors (columns) of a Hermitian matrix.
pub(crate) fn eigen<S: Number>(m: &Array2<S>, what: &'static str) -> Result<(Array1<f64>, Array2<S>)> {
    equipoise_blas::require_single_thread()?;
    if m.is_empty() {
        return Ok((Array1::zeros(0), m.clone()));
    }
    // Column-major: `eigh` hands a row-major Hermitian matrix to LAPACK transposed, which conjugates.
    let m = Array2::from_shape_fn(m.dim().f(), |(i, j)| m[[i, j]]);
    m.eigh(UPLO::Lower).map_err(|source| MarkovError::Factor { what, source })
}

/// Lower L with L Lᴴ = M.
pub(crate) fn cholesky<S: Number>(m: &Array2<S>, what: &'static str) -> Result<Array2<S>> {
    if m.is_empty() {
        return Ok(m.clone());
    }
    m.cholesky(UPLO::Lower).map_err(|source| MarkovError::Factor { what, source })
}

/// ln det M of M = L Lᴴ.
pub(crate) fn log_determinant<S: Number>(l: &Array2<S>) -> f64 {
    2.0 * l.diag().iter().map(|z| z.re().ln()).sum::<f64>()
}

/// B ← L⁻¹B for lower L.
pub(crate) fn solve_lower<S: Number>(l: &Array2<S>, b: &mut Array2<S>) {
    for i in 0..l.nrows() {
        let (done, mut rest) = b.view_mut().split_at(Axis(0), i);
        let mut row = rest.row_mut(0);
        for j in 0..i {
            row.scaled_add(-l[[i, j]], &done.row(j));
        }
        let pivot = S::one() / l[[i, i]];
        row.mapv_inplace(|z| z * pivot);
    }
}

/// B ← L⁻ᴴB for lower L.
pub(crate) fn solve_upper<S: Number>(l: &Array2<S>, b: &mut Array2<S>) {
    for i in (0..l.nrows()).rev() {
        let (mut head, done) = b.view_mut().split_at(Axis(0), i + 1);
        let mut row = head.row_mut(i);
        for j in i + 1..l.nrows() {
            row.scaled_add(-l[[j, i]].conj(), &done.row(j - i - 1));
        }
        let pivot = S::one() / l[[i, i]].conj();
        row.mapv_inplace(|z| z * pivot);
    }
}

/// A square or tall matrix, whole or by the equal blocks on its diagonal.
#[derive(Clone, Debug)]
pub(crate) enum Linear<S> {
    Dense(Arc<Array2<S>>),
    Blocks(Arc<Vec<Array2<S>>>),
}

impl<S: Number> Linear<S> {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense(m) => m.nrows(),
            Self::Blocks(blocks) => blocks.iter().map(Array2::nrows).sum(),
        }
    }

    /// T M.
    pub(crate) fn apply(&self, m: &Array2<S>) -> Array2<S> {
        self.multiply(m, |t| t.dot(m), |block, i, j| block[[i, j]])
    }

    /// Tᴴ M.
    pub(crate) fn apply_adjoint(&self, m: &Array2<S>) -> Array2<S> {
        self.multiply(m, |t| adjoint(t).dot(m), |block, i, j| block[[j, i]].conj())
    }

    fn multiply(
        &self,
        m: &Array2<S>,
        dense: impl Fn(&Array2<S>) -> Array2<S>,
        entry: impl Fn(&Array2<S>, usize, usize) -> S,
    ) -> Array2<S> {
        let blocks = match self {
            Self::Dense(t) => return dense(t),
            Self::Blocks(blocks) => blocks,
        };
        let mut out = Array2::zeros(m.dim());
        let mut first = 0;
        for block in blocks.iter() {
            for i in 0..block.nrows() {
                for j in 0..block.nrows() {
                    out.row_mut(first + i).scaled_add(entry(block, i, j), &m.row(first + j));
                }
            }
            first += block.nrows();
        }
        out
    }

    /// M += this.
    pub(crate) fn add_to(&self, m: &mut Array2<S>) {
        match self {
            Self::Dense(t) => *m += &**t,
            Self::Blocks(blocks) => {
                let mut first = 0;
                for block in blocks.iter() {
                    block.indexed_iter().for_each(|((i, j), z)| m[[first + i, first + j]] += *z);
                    first += block.nrows();
                }
            }
        }
    }

    /// B T Bᴴ of a Hermitian T.
    pub(crate) fn congruence_by(&self, b: &Array2<S>) -> Array2<S> {
        hermitian(&b.dot(&self.apply(&adjoint(b))))
    }

    /// T P Tᴴ of a Hermitian P.
    pub(crate) fn congruence(&self, p: &Array2<S>) -> Array2<S> {
        hermitian(&self.apply(&adjoint(&self.apply(p))))
    }

    /// Tᴴ N T of a Hermitian N.
    pub(crate) fn congruence_adjoint(&self, n: &Array2<S>) -> Array2<S> {
        hermitian(&self.apply_adjoint(&adjoint(&self.apply_adjoint(n))))
    }
}
