//! A saturating sensor after a linear operator.

use crate::{LinearOperator, NonlinearOperator};
use equipoise_field::Real;
use std::sync::Arc;

/// y = u/(1 + |u|) with u = A x, and vjp(r) = Aᵀ (r/(1 + |u|)²).
///
/// The vjp evaluates A and Aᵀ once each and allocates N numbers.
#[derive(Clone)]
pub struct Saturation<R>(pub Arc<dyn LinearOperator<R>>);

impl<R: Real> NonlinearOperator<R> for Saturation<R> {
    fn len_in(&self) -> usize {
        self.0.len_in()
    }

    fn len_out(&self) -> usize {
        self.0.len_out()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        self.0.apply(x, y);
        y.iter_mut().for_each(|u| *u /= R::one() + u.abs());
    }

    fn vjp(&self, x: &[R], r: &[R], g: &mut [R]) {
        assert_eq!(r.len(), self.0.len_out(), "saturation: observation length");
        let mut u = vec![R::zero(); r.len()];
        self.0.apply(x, &mut u);
        for (u, r) in u.iter_mut().zip(r) {
            let slope = (R::one() + u.abs()).recip();
            *u = *r * slope * slope;
        }
        self.0.adjoint(&u, g);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_vjp;
    use crate::{Coarsen, Subsample};
    use equipoise_field::Shape;

    #[test]
    fn conforms() {
        let shape = Shape::new(2, 1, 6, 4);
        // |d²y/du²| = 2/(1 + |u|)³ ≤ 2.
        check_vjp(&Saturation::<f64>(Arc::new(Coarsen::new(shape, 2).unwrap())), 2.0, 16);
        check_vjp(&Saturation::<f64>(Arc::new(Subsample::new(shape, 3).unwrap())), 2.0, 16);
    }

    #[test]
    fn values_and_slopes_are_known() {
        let whole = Arc::new(Subsample::new(Shape::new(1, 1, 1, 5), 1).unwrap());
        let saturation = Saturation(whole);
        let x = [0.0, 1.0, -1.0, 3.0, -1e300];
        let (mut y, mut g) = (vec![f64::NAN; 5], vec![f64::NAN; 5]);
        saturation.apply(&x, &mut y);
        saturation.vjp(&x, &[1.0; 5], &mut g);
        assert_eq!(y, [0.0, 0.5, -0.5, 0.75, -1.0]);
        assert_eq!(g, [1.0, 0.25, 0.25, 0.0625, 0.0]);
    }
}
