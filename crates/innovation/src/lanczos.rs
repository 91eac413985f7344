//! uᵀ log(M) u by Lanczos' method (Golub & Meurant 2010, ch. 4 and 6).

use crate::{InnovationError, Result};
use equipoise_field::{Real, each, sum};
use ndarray::Array2;
use ndarray_linalg::{Eigh, UPLO};

/// Steps after which a quadrature ends, at its tolerance or not.
const STEPS: usize = 128;

/// A Gauss quadrature of the logarithm.
pub(crate) struct Quadrature {
    /// Σ_i τ_i² log θ_i over the Ritz values θ.
    pub(crate) value: f64,
    /// By how much the last step changed it.
    pub(crate) last_change: f64,
}

/// uᵀ log(M) u for a unit vector u and symmetric positive definite M, from above.
///
/// Every basis vector is orthogonalised twice against all before it. Ends when two steps in a row
/// change the value by less than 1e-10 (64 ε where that is more) of the largest |log θ|, or when
/// the Krylov space is exhausted.
pub(crate) fn log_quadrature<R: Real>(
    product: impl Fn(&[R], &mut [R]) -> Result<()>,
    u: Vec<R>,
) -> Result<Quadrature> {
    let tolerance = 1e-10f64.max(64.0 * R::epsilon().wide());
    let mut basis = vec![u];
    let (mut diagonal, mut beside): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut found = Quadrature { value: f64::NAN, last_change: f64::INFINITY };
    let mut quiet = 0;
    loop {
        let last = &basis[basis.len() - 1];
        let mut image = vec![R::zero(); last.len()];
        product(last, &mut image)?;
        diagonal.push(sum::dot(last, &image));
        let before = found.value;
        let (value, scale) = gauss(&diagonal, &beside)?;
        let change = if before.is_nan() { f64::INFINITY } else { (value - before).abs() };
        found = Quadrature { value, last_change: change };
        quiet = if change <= tolerance * scale { quiet + 1 } else { 0 };
        for _ in 0..2 {
            for q in &basis {
                let along = R::narrow(sum::dot(q, &image));
                each::update1(&mut image, q, |w, q| w - along * q);
            }
        }
        let rest = sum::norm(&image);
        let exhausted = rest <= 64.0 * R::epsilon().wide() * diagonal.iter().copied().fold(0.0, f64::max);
        if exhausted || basis.len() == image.len() {
            found.last_change = 0.0;
            return Ok(found);
        }
        if quiet == 2 || diagonal.len() == STEPS {
            return Ok(found);
        }
        let scale = R::narrow(1.0 / rest);
        each::update(&mut image, |w| scale * w);
        beside.push(rest);
        basis.push(image);
    }
}

/// eᵀ log(T) e for the first unit vector e and the tridiagonal T, and max |log θ|.
fn gauss(diagonal: &[f64], beside: &[f64]) -> Result<(f64, f64)> {
    let m = diagonal.len();
    let mut t = Array2::zeros((m, m));
    for (i, &d) in diagonal.iter().enumerate() {
        t[[i, i]] = d;
    }
    for (i, &b) in beside.iter().enumerate() {
        (t[[i, i + 1]], t[[i + 1, i]]) = (b, b);
    }
    let (values, vectors) = t
        .eigh(UPLO::Lower)
        .map_err(|source| InnovationError::Singular { what: "the Lanczos matrix", source })?;
    let (mut sum, mut scale) = (0.0, 0.0f64);
    for (i, &theta) in values.iter().enumerate() {
        if theta <= 0.0 || theta.is_nan() {
            return Err(InnovationError::Indefinite { iteration: m, curvature: theta });
        }
        sum += vectors[[0, i]].powi(2) * theta.ln();
        scale = scale.max(theta.ln().abs());
    }
    Ok((sum, scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagonal(values: Vec<f64>) -> impl Fn(&[f64], &mut [f64]) -> Result<()> {
        move |v, out| {
            out.iter_mut().zip(v).zip(&values).for_each(|((o, v), m)| *o = m * v);
            Ok(())
        }
    }

    /// Σ u_i² log m_i, with as many steps as distinct eigenvalues and with fewer.
    #[test]
    fn is_the_sum_over_eigenvalues() {
        let u = vec![0.5; 4];
        let found = log_quadrature(diagonal(vec![1.0, 3.0, 3.0, 9.0]), u.clone()).unwrap();
        assert!((found.value - 9f64.ln() / 2.0).abs() < 16.0 * f64::EPSILON, "{}", found.value);
        let n = 400;
        let values: Vec<f64> = (0..n).map(|i| 1.0 + 99.0 * f64::from(i) / f64::from(n - 1)).collect();
        let exact = values.iter().map(|v| v.ln()).sum::<f64>() / f64::from(n);
        let u = vec![1.0 / f64::from(n).sqrt(); n as usize];
        let found = log_quadrature(diagonal(values), u).unwrap();
        // The error falls by ((√100 − 1)/(√100 + 1))² = 0.67 a step (Golub & Meurant 2010): what
        // remains is at most 1/(1 − 0.67) = 3 last changes, below 3·1e-10·log 100.
        assert!((found.value - exact).abs() < 3e-10 * 100f64.ln(), "{} {exact}", found.value);
        assert!(found.last_change > 0.0);
    }

    #[test]
    fn a_negative_eigenvalue_is_named() {
        let error = log_quadrature(diagonal(vec![1.0, -1.0]), vec![0.6, 0.8]).err().unwrap();
        assert!(matches!(error, InnovationError::Indefinite { curvature, .. } if curvature < 0.0));
    }
}
