//! A saturating sensor after a linear operator.

use crate::{LinearOperator, NonlinearOperator};
use equipoise_field::Real;
use std::sync::Arc;

/// y = u/(1 + |u|) with u = A x, vjp(r) = Aᵀ (r/(1 + |u|)²) and jvp(v) = (A v)/(1 + |u|)².
///
/// The vjp evaluates A and Aᵀ once each, the jvp A twice; both allocate N numbers.
#[derive(Clone, Debug)]
pub struct Saturation<R: Real>(pub Arc<dyn LinearOperator<R>>);

impl<R: Real> Saturation<R> {
    /// dy/du = 1/(1 + |u|)².
    fn slopes(&self, x: &[R]) -> Vec<R> {
        let mut u = vec![R::zero(); self.0.len_out()];
        self.0.apply(x, &mut u);
        u.iter_mut().for_each(|u| *u = (R::one() + u.abs()).powi(-2));
        u
    }
}

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
        let mut weighted = self.slopes(x);
        weighted.iter_mut().zip(r).for_each(|(slope, r)| *slope *= *r);
        self.0.adjoint(&weighted, g);
    }

    fn jvp(&self, x: &[R], v: &[R], y: &mut [R]) {
        self.0.apply(v, y);
        y.iter_mut().zip(self.slopes(x)).for_each(|(y, slope)| *y *= slope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_nonlinear;
    use crate::{Coarsen, Subsample};
    use equipoise_field::Shape;

    #[test]
    fn conforms() {
        let shape = Shape::new(2, 1, 6, 4);
        // |d²y/du²| = 2/(1 + |u|)³ ≤ 2.
        check_nonlinear(&Saturation::<f64>(Arc::new(Coarsen::new(shape, 2).unwrap())), 2.0, 16);
        check_nonlinear(&Saturation::<f64>(Arc::new(Subsample::new(shape, 3).unwrap())), 2.0, 16);
    }

    #[test]
    fn values_and_slopes_are_known() {
        let whole = Arc::new(Subsample::new(Shape::new(1, 1, 1, 5), 1).unwrap());
        let saturation = Saturation(whole);
        let x = [0.0, 1.0, -1.0, 3.0, -1e300];
        let [mut y, mut g, mut slopes] = [const { [f64::NAN; 5] }; 3];
        saturation.apply(&x, &mut y);
        saturation.vjp(&x, &[1.0; 5], &mut g);
        saturation.jvp(&x, &[1.0; 5], &mut slopes);
        let derivative = [1.0, 0.25, 0.25, 0.0625, 0.0];
        assert_eq!((y, g, slopes), ([0.0, 0.5, -0.5, 0.75, -1.0], derivative, derivative));
    }
}
