//! One operator seen through another.

use crate::{Gram, LinearOperator, OperatorError, Result};
use equipoise_field::Real;
use std::fmt;
use std::sync::Arc;

/// A = A₂ A₁: the outer operator A₂ observes what the inner operator A₁ yields.
///
/// Each call allocates one vector of the inner operator's observations.
#[derive(Clone)]
pub struct Composed<R: Real> {
    outer: Arc<dyn LinearOperator<R>>,
    inner: Arc<dyn LinearOperator<R>>,
}

impl<R: Real> Composed<R> {
    /// `outer` after `inner`.
    ///
    /// # Errors
    /// [`OperatorError::Composition`] when the inner operator's observations are not as many as
    /// the outer operator's field has entries.
    pub fn new(outer: Arc<dyn LinearOperator<R>>, inner: Arc<dyn LinearOperator<R>>) -> Result<Self> {
        if outer.len_in() != inner.len_out() {
            let (outer, inner) = (outer.len_in(), inner.len_out());
            return Err(OperatorError::Composition { outer, inner });
        }
        Ok(Self { outer, inner })
    }
}

impl<R: Real> LinearOperator<R> for Composed<R> {
    fn len_in(&self) -> usize {
        self.inner.len_in()
    }

    fn len_out(&self) -> usize {
        self.outer.len_out()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        let mut between = vec![R::zero(); self.inner.len_out()];
        self.inner.apply(x, &mut between);
        self.outer.apply(&between, y);
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        let mut between = vec![R::zero(); self.inner.len_out()];
        self.outer.adjoint(r, &mut between);
        self.inner.adjoint(&between, x);
    }

    fn gram(&self) -> Gram<'_> {
        match (self.outer.gram(), self.inner.gram()) {
            (Gram::Scaled(outer), Gram::Scaled(inner)) => Gram::Scaled(outer * inner),
            _ => Gram::General,
        }
    }
}

impl<R: Real> fmt::Debug for Composed<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Composed").field("len_in", &self.len_in()).field("len_out", &self.len_out()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_linear;
    use crate::{Coarsen, Subsample, Vorticity};
    use equipoise_field::{Axis, Boundary, Grid, Shape};

    const SHAPE: Shape = Shape::new(2, 2, 6, 8);
    const GRID: Grid = Grid { x_axis: Axis::W, dx: 0.1, dy: 0.3, boundary: Boundary::Open };

    #[test]
    fn conforms() {
        let coarsen = Arc::new(Coarsen::new(SHAPE, 2).unwrap());
        let sub = Arc::new(Subsample::new(coarsen.observed(), 2).unwrap());
        let scaled = Composed::<f64>::new(sub, coarsen).unwrap();
        assert_eq!(scaled.gram(), Gram::Scaled(0.25));
        check_linear::<f64>(&scaled, 8);
        let vorticity = Arc::new(Vorticity::new(SHAPE, &GRID).unwrap());
        let sub = Arc::new(Subsample::new(vorticity.observed(), 3).unwrap());
        let sparse = Composed::<f32>::new(sub, vorticity).unwrap();
        assert_eq!(sparse.gram(), Gram::General);
        check_linear::<f32>(&sparse, 16);
    }

    #[test]
    fn is_printed_by_its_sizes() {
        let whole = Arc::new(Subsample::new(SHAPE, 1).unwrap());
        let half = Arc::new(Subsample::new(SHAPE, 2).unwrap());
        let composed = Composed::<f32>::new(half, whole).unwrap();
        assert_eq!(format!("{composed:?}"), "Composed { len_in: 192, len_out: 48 }");
    }

    #[test]
    fn operators_that_do_not_meet_are_refused() {
        let whole = Arc::new(Subsample::new(SHAPE, 1).unwrap());
        let half = Arc::new(Subsample::new(SHAPE, 2).unwrap());
        let error = Composed::<f32>::new(whole, half).err();
        assert_eq!(error, Some(OperatorError::Composition { outer: 192, inner: 48 }));
    }
}
