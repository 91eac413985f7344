//! Conjugate gradients on a symmetric positive definite map (Hestenes & Stiefel 1952).

use crate::Solved;
use equipoise_field::{Real, each, sum};

/// When conjugate gradients stop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConjugateGradients {
    /// Iterations after which a solve stops, short of its tolerance or not.
    pub iterations: usize,
    /// The relative residual at which it stops, or 64 ε where that is more: rounding bounds what
    /// iterations can reach.
    pub tolerance: f64,
}

impl Default for ConjugateGradients {
    /// To 1e-10, in at most 1000 iterations.
    fn default() -> Self {
        Self { iterations: 1000, tolerance: 1e-10 }
    }
}

/// A direction d with dᵀMd ≤ 0, which no positive definite M has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakdown {
    /// Iterations done before it.
    pub iteration: usize,
    /// dᵀMd.
    pub curvature: f64,
}

/// How a descent ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// Iterations and relative residual of the iterate it left.
    pub solved: Solved,
    /// What ended it early, if M is not positive definite.
    pub breakdown: Option<Breakdown>,
}

impl Descent {
    fn ended(iterations: usize, residual: f64) -> Self {
        Self { solved: Solved { iterations, residual: Some(residual) }, breakdown: None }
    }
}

impl ConjugateGradients {
    /// z ≈ M⁻¹r from a zero start, scalars in `f64`; `product` writes M v into its second argument.
    ///
    /// A non-positive curvature ends the descent and leaves the iterate before it. Numbers that are
    /// not finite, in r or in a product, make all of z NaN.
    ///
    /// # Errors
    /// Those of `product`.
    ///
    /// # Panics
    /// If the lengths of `r` and `z` differ.
    pub fn solve<R: Real, E>(
        &self,
        product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        r: &[R],
        z: &mut [R],
    ) -> Result<Descent, E> {
        self.solve_preconditioned(product, |r, z| z.copy_from_slice(r), r, z)
    }

    /// As [`solve`](Self::solve), with `precondition` writing P⁻¹v, P ≈ M positive definite.
    ///
    /// # Errors
    /// Those of `product`.
    ///
    /// # Panics
    /// If the lengths of `r` and `z` differ.
    pub fn solve_preconditioned<R: Real, E>(
        &self,
        mut product: impl FnMut(&[R], &mut [R]) -> Result<(), E>,
        precondition: impl Fn(&[R], &mut [R]),
        r: &[R],
        z: &mut [R],
    ) -> Result<Descent, E> {
        assert_eq!(r.len(), z.len(), "conjugate gradients: lengths differ");
        z.fill(R::zero());
        let scale = sum::norm(r);
        if scale == 0.0 {
            return Ok(Descent::ended(0, 0.0));
        }
        let tolerance = self.tolerance.max(64.0 * R::epsilon().wide());
        let mut rest = r.to_vec();
        let mut search = vec![R::zero(); r.len()];
        let (mut along, mut image) = (search.clone(), search.clone());
        let (mut power, mut residual) = (0.0, 1.0);
        for iteration in 0..self.iterations {
            precondition(&rest, &mut along);
            let next = sum::dot(&rest, &along);
            let turn = R::narrow(if iteration == 0 { 0.0 } else { next / power });
            power = next;
            each::update1(&mut search, &along, |d, z| z + turn * d);
            product(&search, &mut image)?;
            let curvature = sum::dot(&search, &image);
            if !curvature.is_finite() {
                z.fill(R::nan());
                return Ok(Descent::ended(iteration, f64::NAN));
            }
            if curvature <= 0.0 {
                let breakdown = Some(Breakdown { iteration, curvature });
                return Ok(Descent { breakdown, ..Descent::ended(iteration, residual) });
            }
            let step = R::narrow(power / curvature);
            each::update1(z, &search, |z, d| z + step * d);
            each::update1(&mut rest, &image, |r, i| r - step * i);
            residual = sum::norm(&rest) / scale;
            if residual <= tolerance {
                return Ok(Descent::ended(iteration + 1, residual));
            }
        }
        Ok(Descent::ended(self.iterations, residual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// M = diag(values).
    fn diagonal(values: &[f64]) -> impl Fn(&[f64], &mut [f64]) -> Result<(), Infallible> {
        move |v, out| {
            out.iter_mut().zip(v).zip(values).for_each(|((o, v), m)| *o = m * v);
            Ok(())
        }
    }

    fn solve(values: &[f64], iterations: usize) -> (Vec<f64>, Descent) {
        let mut z = vec![f64::INFINITY; values.len()];
        let solver = ConjugateGradients { iterations, ..ConjugateGradients::default() };
        let Ok(descent) = solver.solve(diagonal(values), &vec![1.0; values.len()], &mut z);
        (z, descent)
    }

    /// As many iterations as distinct eigenvalues.
    #[test]
    fn distinct_eigenvalues_are_counted() {
        let values = [1.0, 4.0, 4.0, 9.0, 1.0];
        let (z, descent) = solve(&values, 100);
        assert_eq!((descent.solved.iterations, descent.breakdown), (3, None));
        assert!(descent.solved.residual.unwrap() <= 1e-10);
        // The residual is at most 1e-10·√5 and the smallest eigenvalue one.
        assert!(z.iter().zip(values).all(|(z, m)| (z - 1.0 / m).abs() < 3e-10), "{z:?}");
    }

    /// One step from zero is r·(rᵀr/rᵀMr), here 3/6, and leaves r − Mr/2 = (1/2, 0, −1/2).
    #[test]
    fn the_cap_ends_a_descent_with_its_residual() {
        let (z, descent) = solve(&[1.0, 2.0, 3.0], 1);
        assert_eq!((z, descent.solved.iterations), (vec![0.5; 3], 1));
        let expected = (0.5f64 / 3.0).sqrt();
        assert!((descent.solved.residual.unwrap() - expected).abs() < 4.0 * f64::EPSILON);
    }

    #[test]
    fn a_non_positive_curvature_leaves_the_iterate_before_it() {
        let first = Some(Breakdown { iteration: 0, curvature: -2.0 });
        assert_eq!(
            solve(&[1.0, -3.0], 9),
            (vec![0.0; 2], Descent { breakdown: first, ..Descent::ended(0, 1.0) })
        );
        let (z, descent) = solve(&[3.0, -1.0], 9);
        // 2/2 along r; then rest = (−2, 2), d = rest + 4r = (2, 6), dᵀMd = 12 − 36.
        assert_eq!(z, [1.0, 1.0]);
        assert_eq!(descent.breakdown, Some(Breakdown { iteration: 1, curvature: -24.0 }));
        assert_eq!(descent.solved, Solved { iterations: 1, residual: Some(2.0) });
    }

    #[test]
    fn numbers_that_are_not_finite_spread() {
        for values in [[f64::NAN, 1.0], [f64::INFINITY, 1.0]] {
            let (z, descent) = solve(&values, 9);
            assert!(z.iter().all(|z| z.is_nan()) && descent.solved.residual.unwrap().is_nan());
        }
    }

    #[test]
    fn nothing_is_solved_by_nothing() {
        let mut z = [f64::NAN; 2];
        let Ok(descent) = ConjugateGradients::default().solve(diagonal(&[1.0, 2.0]), &[0.0; 2], &mut z);
        assert_eq!((z, descent), ([0.0; 2], Descent::ended(0, 0.0)));
    }
}
