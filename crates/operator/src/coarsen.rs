//! Block means: the field as a coarser grid sees it.

use crate::{Gram, LinearOperator, OperatorError, Result};
use equipoise_field::{Real, Shape, each};

/// The mean over f × f blocks of every plane.
///
/// y[t, c, a, b] = f⁻² Σ_{i, j < f} x[t, c, f·a + i, f·b + j], in (T, C, H/f, W/f) order, and
/// A Aᵀ = f⁻² I. Either direction costs one pass over the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coarsen {
    shape: Shape,
    factor: usize,
}

impl Coarsen {
    /// Block means of fields of `shape` over `factor` × `factor` points.
    ///
    /// # Errors
    /// [`OperatorError::Factor`] when the factor is zero or does not divide both H and W.
    pub fn new(shape: Shape, factor: usize) -> Result<Self> {
        let divides = factor > 0
            && !shape.is_empty()
            && shape.height.is_multiple_of(factor)
            && shape.width.is_multiple_of(factor);
        if divides { Ok(Self { shape, factor }) } else { Err(OperatorError::Factor { factor, shape }) }
    }

    /// The shape (T, C, H/f, W/f) of the observations.
    pub const fn observed(&self) -> Shape {
        let Shape { frames, channels, height, width } = self.shape;
        Shape::new(frames, channels, height / self.factor, width / self.factor)
    }

    /// f⁻².
    fn weight(&self) -> f64 {
        ((self.factor * self.factor) as f64).recip()
    }

    fn gather<R: Real>(&self, x: &[R], y: &mut [R]) {
        let (width, f) = (self.shape.width, self.factor);
        let rows = y.chunks_exact_mut(width / f).zip(x.chunks_exact(f * width));
        for (y, band) in rows {
            for (b, y) in y.iter_mut().enumerate() {
                let block = band.chunks_exact(width).flat_map(|row| &row[b * f..(b + 1) * f]);
                *y = R::narrow(block.map(|x| x.wide()).sum::<f64>() * self.weight());
            }
        }
    }

    fn scatter<R: Real>(&self, r: &[R], x: &mut [R]) {
        let (width, f) = (self.shape.width, self.factor);
        let rows = r.chunks_exact(width / f).zip(x.chunks_exact_mut(f * width));
        for (r, band) in rows {
            for row in band.chunks_exact_mut(width) {
                for (r, block) in r.iter().zip(row.chunks_exact_mut(f)) {
                    block.fill(R::narrow(r.wide() * self.weight()));
                }
            }
        }
    }
}

impl<R: Real> LinearOperator<R> for Coarsen {
    fn len_in(&self) -> usize {
        self.shape.len()
    }

    fn len_out(&self) -> usize {
        self.observed().len()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.shape.len(), "coarsen: field length");
        assert_eq!(y.len(), self.observed().len(), "coarsen: observation length");
        let (field, observed) = (self.shape.plane(), self.observed().plane());
        each::chunk_pair(y, observed, x, field, |y, x| self.gather(x, y));
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        assert_eq!(r.len(), self.observed().len(), "coarsen: observation length");
        assert_eq!(x.len(), self.shape.len(), "coarsen: field length");
        let (field, observed) = (self.shape.plane(), self.observed().plane());
        each::chunk_pair(x, field, r, observed, |x, r| self.scatter(r, x));
    }

    fn gram(&self) -> Gram<'_> {
        Gram::Scaled(self.weight())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_linear;

    #[test]
    fn conforms() {
        for (shape, factor) in [
            (Shape::new(2, 2, 6, 9), 3),
            (Shape::new(1, 3, 4, 4), 4),
            (Shape::new(1, 1, 5, 7), 1),
            (Shape::new(2, 2, 300, 300), 5),
        ] {
            let coarsen = Coarsen::new(shape, factor).unwrap();
            let roundings = factor * factor + 3;
            check_linear::<f32>(&coarsen, roundings);
            check_linear::<f64>(&coarsen, roundings);
        }
    }

    #[test]
    fn block_mean_of_a_plane_is_its_value_at_the_block_centre() {
        let shape = Shape::new(1, 1, 4, 6);
        let x: Vec<f64> = (0..shape.len()).map(|i| (i / 6) as f64 * 10.0 + (i % 6) as f64).collect();
        let mut y = vec![f64::NAN; 6];
        Coarsen::new(shape, 2).unwrap().apply(&x, &mut y);
        assert_eq!(y, [5.5, 7.5, 9.5, 25.5, 27.5, 29.5]);
    }

    #[test]
    fn factors_that_do_not_divide_are_refused() {
        let shape = Shape::new(1, 1, 6, 8);
        for factor in [0, 3, 4, 7] {
            assert_eq!(Coarsen::new(shape, factor), Err(OperatorError::Factor { factor, shape }));
        }
    }
}
