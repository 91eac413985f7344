//! The eigenvectors of an A Aᵀ that has no simple form.

use crate::{Result, SolverError};
use equipoise_field::Real;
use equipoise_operator::LinearOperator;
use ndarray::Array2;

/// Eigenvalues and eigenvectors, in columns, of A Aᵀ, by N products with A and Aᵀ. Refuses a BLAS with several
/// threads.
#[cfg(feature = "gaussian")]
pub(super) fn decompose<R: Real>(
    method: &'static str,
    operator: &dyn LinearOperator<R>,
) -> Result<(Vec<f64>, Array2<f64>)> {
    use ndarray::ArrayView2;
    use ndarray_linalg::{Eigh, UPLO};

    equipoise_blas::require_single_thread().map_err(equipoise_innovation::InnovationError::from)?;
    let count = operator.len_out();
    let (mut unit, mut column) = (vec![R::zero(); count], vec![R::zero(); count]);
    let mut field = vec![R::zero(); operator.len_in()];
    let mut gram = Vec::with_capacity(count * count);
    for j in 0..count {
        unit[j] = R::one();
        operator.adjoint(&unit, &mut field);
        operator.apply(&field, &mut column);
        gram.extend(column.iter().map(|g| g.wide()));
        unit[j] = R::zero();
    }
    let expected = "a finite A Aᵀ";
    let singular =
        || SolverError::Needs { method, found: "an A Aᵀ that LAPACK cannot decompose", expected };
    let gram = ArrayView2::from_shape((count, count), &gram).map_err(|_| singular())?;
    let (values, vectors) = gram.eigh(UPLO::Lower).map_err(|_| singular())?;
    Ok((values.to_vec(), vectors))
}

/// Without LAPACK there are none.
#[cfg(not(feature = "gaussian"))]
pub(super) fn decompose<R: Real>(
    method: &'static str,
    _: &dyn LinearOperator<R>,
) -> Result<(Vec<f64>, Array2<f64>)> {
    let (found, expected) = ("an A Aᵀ that is not diagonal", "a diagonal one, or the feature `gaussian`");
    Err(SolverError::Needs { method, found, expected })
}
