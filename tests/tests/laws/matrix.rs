//! Dense matrices of linear maps, and Cholesky's factor.

use ndarray::Array2;

/// The `rows` × `columns` matrix of a linear map given as (input, output).
pub(crate) fn of(rows: usize, columns: usize, map: impl Fn(&[f64], &mut [f64])) -> Array2<f64> {
    let mut matrix = Array2::zeros((rows, columns));
    let (mut unit, mut image) = (vec![0.0; columns], vec![f64::NAN; rows]);
    for j in 0..columns {
        unit[j] = 1.0;
        map(&unit, &mut image);
        unit[j] = 0.0;
        matrix.column_mut(j).iter_mut().zip(&image).for_each(|(m, v)| *m = *v);
    }
    matrix
}

/// The lower triangular L with L Lᵀ = `a`, for positive definite `a`.
pub(crate) fn cholesky(a: &Array2<f64>) -> Array2<f64> {
    let mut l = Array2::<f64>::zeros(a.raw_dim());
    for i in 0..a.nrows() {
        for j in 0..=i {
            let rest = a[[i, j]] - (0..j).map(|k| l[[i, k]] * l[[j, k]]).sum::<f64>();
            l[[i, j]] = if i == j { rest.sqrt() } else { rest / l[[j, j]] };
        }
    }
    l
}

/// L⁻ᵀ, which is (L Lᵀ)⁻¹ L.
pub(crate) fn inverse_transpose(l: &Array2<f64>) -> Array2<f64> {
    let n = l.nrows();
    let mut inverse = Array2::<f64>::zeros((n, n));
    for j in 0..n {
        for i in j..n {
            let rest = (j..i).map(|k| l[[i, k]] * inverse[[k, j]]).sum::<f64>();
            inverse[[i, j]] = (f64::from(u8::from(i == j)) - rest) / l[[i, i]];
        }
    }
    inverse.reversed_axes()
}

#[test]
fn factor_and_inverse_multiply_back() {
    let root = Array2::from_shape_fn((4, 4), |(i, j)| ((3 * i + 5 * j) as f64).sin());
    let a = root.dot(&root.t()) + Array2::<f64>::eye(4);
    let l = cholesky(&a);
    let close = |x: &Array2<f64>, y: &Array2<f64>| (x - y).iter().all(|d| d.abs() < 1e-14);
    assert!(close(&l.dot(&l.t()), &a));
    assert!(close(&inverse_transpose(&l).t().dot(&l), &Array2::eye(4)));
}
