//! The nonlinear operator trait, and linear operators as nonlinear ones.

use crate::LinearOperator;
use equipoise_field::Real;
use std::sync::Arc;

/// An observation operator A, possibly nonlinear, from fields of `len_in` numbers to `len_out`.
pub trait NonlinearOperator<R: Real>: Send + Sync {
    /// D, the length of the field.
    fn len_in(&self) -> usize;

    /// N, the true number of observations.
    fn len_out(&self) -> usize;

    /// y = A(x). Overwrites `y`.
    ///
    /// # Panics
    /// If a length differs from `len_in` or `len_out`.
    fn apply(&self, x: &[R], y: &mut [R]);

    /// g = (∂A/∂x)ᵀ r at `x`. Overwrites `g`.
    ///
    /// # Panics
    /// If a length differs from `len_in` or `len_out`.
    fn vjp(&self, x: &[R], r: &[R], g: &mut [R]);

    /// y = (∂A/∂x) v at `x`. Overwrites `y`.
    ///
    /// # Panics
    /// If a length differs from `len_in` or `len_out`.
    fn jvp(&self, x: &[R], v: &[R], y: &mut [R]);
}

/// A linear operator used where a nonlinear one is asked for: it is its own jvp, and its adjoint is
/// its vjp.
#[derive(Clone, Debug)]
pub struct Linear<R: Real>(pub Arc<dyn LinearOperator<R>>);

impl<R: Real> NonlinearOperator<R> for Linear<R> {
    fn len_in(&self) -> usize {
        self.0.len_in()
    }

    fn len_out(&self) -> usize {
        self.0.len_out()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        self.0.apply(x, y);
    }

    fn vjp(&self, x: &[R], r: &[R], g: &mut [R]) {
        assert_eq!(x.len(), self.0.len_in(), "linear: field length");
        self.0.adjoint(r, g);
    }

    fn jvp(&self, x: &[R], v: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.0.len_in(), "linear: field length");
        self.0.apply(v, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Coarsen;
    use crate::conformance::check_nonlinear;
    use equipoise_field::Shape;

    #[test]
    fn linear_operators_conform_without_curvature() {
        let coarsen = Coarsen::new(Shape::new(1, 2, 6, 4), 2).unwrap();
        check_nonlinear(&Linear::<f64>(Arc::new(coarsen)), 0.0, 8);
    }
}
