//! Regular subsampling x[..., ::s, ::s] of every plane of a trajectory.

use crate::{Gram, LinearOperator, OperatorError, Result, Selection};
use equipoise_field::{Real, Shape, each};

/// Every s-th row and column of every plane, starting at (0, 0).
///
/// y[t, c, a, b] = x[t, c, s·a, s·b], a < ⌈H/s⌉, b < ⌈W/s⌉. Observations are in (T, C, h, w) order
/// and A Aᵀ = I. Either direction costs one pass over the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subsample {
    shape: Shape,
    stride: usize,
}

impl Subsample {
    /// The subsampling of fields of `shape` at `stride` (`sub` of the study, docs/references.md) along H and W.
    ///
    /// # Errors
    /// [`OperatorError::Stride`] when the stride is zero or exceeds the smaller side of the grid.
    pub fn new(shape: Shape, stride: usize) -> Result<Self> {
        let limit = shape.height.min(shape.width);
        if stride == 0 || stride > limit {
            return Err(OperatorError::Stride { sub: stride, limit, shape });
        }
        Ok(Self { shape, stride })
    }

    /// The shape (T, C, H, W) of the field.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// s, the distance of observed rows and of observed columns.
    pub const fn stride(&self) -> usize {
        self.stride
    }

    /// The shape (T, C, ⌈H/s⌉, ⌈W/s⌉) of the observations.
    pub const fn observed(&self) -> Shape {
        Shape::new(
            self.shape.frames,
            self.shape.channels,
            self.shape.height.div_ceil(self.stride),
            self.shape.width.div_ceil(self.stride),
        )
    }

    /// N = T·C·⌈H/s⌉·⌈W/s⌉.
    pub const fn count(&self) -> usize {
        self.observed().len()
    }

    fn gather<R: Real>(&self, x: &[R], y: &mut [R]) {
        let (row, stride) = (self.shape.width, self.stride);
        let observed = y.chunks_exact_mut(self.observed().width);
        for (y, x) in observed.zip(x.chunks_exact(row).step_by(stride)) {
            match stride {
                1 => y.copy_from_slice(x),
                _ => y.iter_mut().zip(x.iter().step_by(stride)).for_each(|(y, x)| *y = *x),
            }
        }
    }

    /// part ← part + scale · (Aᵀr)_start…, as many entries as `part` holds.
    pub(crate) fn add_adjoint<R: Real>(&self, r: &[R], scale: R, start: usize, part: &mut [R]) {
        assert_eq!(r.len(), self.count(), "subsample: observation length");
        let (width, stride) = (self.shape.width, self.stride);
        let (columns, end) = (self.observed().width, start + part.len());
        assert!(end <= self.shape.len(), "subsample: part of the field");
        // Rows of all planes, counted through.
        for row in start / width..end.div_ceil(width) {
            let (plane, h) = (row / self.shape.height, row % self.shape.height);
            if h % stride != 0 {
                continue;
            }
            let observed = (plane * self.observed().height + h / stride) * columns;
            let first = start.saturating_sub(row * width).div_ceil(stride);
            let last = (end - row * width).min(width).div_ceil(stride);
            if first < last {
                let part = part[row * width + first * stride - start..].iter_mut();
                let r = &r[observed + first..observed + last];
                match stride {
                    1 => part.zip(r).for_each(|(x, &r)| *x += scale * r),
                    _ => part.step_by(stride).zip(r).for_each(|(x, &r)| *x += scale * r),
                }
            }
        }
    }

    fn scatter<R: Real>(&self, r: &[R], x: &mut [R]) {
        let (row, stride) = (self.shape.width, self.stride);
        x.fill(R::zero());
        let observed = r.chunks_exact(self.observed().width);
        for (r, x) in observed.zip(x.chunks_exact_mut(row).step_by(stride)) {
            for (r, x) in r.iter().zip(x.iter_mut().step_by(stride)) {
                *x = *r;
            }
        }
    }
}

impl<R: Real> LinearOperator<R> for Subsample {
    fn len_in(&self) -> usize {
        self.shape.len()
    }

    fn len_out(&self) -> usize {
        self.count()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.shape.len(), "subsample: field length");
        assert_eq!(y.len(), self.count(), "subsample: observation length");
        let (field, observed) = (self.shape.plane(), self.observed().plane());
        each::chunk_pair(y, observed, x, field, |y, x| self.gather(x, y));
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        assert_eq!(r.len(), self.count(), "subsample: observation length");
        assert_eq!(x.len(), self.shape.len(), "subsample: field length");
        let (field, observed) = (self.shape.plane(), self.observed().plane());
        each::chunk_pair(x, field, r, observed, |x, r| self.scatter(r, x));
    }

    fn adjoint_part(&self, r: &[R], start: usize, part: &mut [R]) {
        part.fill(R::zero());
        self.add_adjoint(r, R::one(), start, part);
    }

    fn selection(&self) -> Selection<'_> {
        Selection::Lattice { shape: self.shape, stride: self.stride }
    }

    fn gram(&self) -> Gram<'_> {
        Gram::Scaled(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_linear;
    use proptest::prelude::*;

    #[test]
    fn true_counts_of_the_study_are_ceilings() {
        let wake = Shape::new(16, 2, 199, 399);
        let counts = [2, 4, 8, 16].map(|s| Subsample::new(wake, s).unwrap().count());
        assert_eq!(counts, [640_000, 160_000, 40_000, 10_400]);
        let turbulence = Shape::new(8, 2, 64, 64);
        let counts = [2, 4, 8, 16].map(|s| Subsample::new(turbulence, s).unwrap().count());
        assert_eq!(counts, [16_384, 4_096, 1_024, 256]);
    }

    #[test]
    fn conforms() {
        for (shape, stride) in [
            (Shape::new(1, 1, 1, 1), 1),
            (Shape::new(2, 3, 7, 10), 3),
            (Shape::new(2, 2, 8, 8), 4),
            (Shape::new(3, 2, 230, 240), 7),
        ] {
            let sub = Subsample::new(shape, stride).unwrap();
            check_linear::<f32>(&sub, 0);
            check_linear::<f64>(&sub, 0);
        }
    }

    proptest! {
        /// Whatever the parts, the adjoint cut in the same pieces is added.
        #[test]
        fn parts_of_the_adjoint_are_its_pieces(
            (t, c, h, w) in (1usize..3, 1usize..3, 1usize..9, 1usize..9),
            stride in 1usize..9,
            len in 1usize..40,
        ) {
            let shape = Shape::new(t, c, h, w);
            let sub = Subsample::new(shape, stride.min(h).min(w)).unwrap();
            let r: Vec<f32> = (1..=sub.count()).map(|i| i as f32).collect();
            let mut whole = vec![f32::NAN; shape.len()];
            sub.adjoint(&r, &mut whole);
            let mut found = vec![1.0; shape.len()];
            found.chunks_mut(len).enumerate().for_each(|(i, part)| sub.add_adjoint(&r, -2.0, i * len, part));
            whole.iter_mut().for_each(|x| *x = 1.0 - 2.0 * *x);
            prop_assert_eq!(found, whole);
        }
    }

    #[test]
    fn stride_out_of_range_names_the_limit() {
        for sub in [0, 4] {
            let error = Subsample::new(Shape::new(1, 1, 3, 9), sub).unwrap_err();
            let expected =
                format!("subsampling rate `sub`: found {sub}, expected 1 to 3 on the grid of (1, 1, 3, 9)");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn planes_shared_among_threads_are_the_same_planes() {
        let sub = Subsample::new(Shape::new(5, 2, 201, 203), 4).unwrap();
        let x: Vec<f32> = (0..sub.shape().len()).map(|i| i as f32).collect();
        assert!(x.len() > equipoise_field::sum::PARALLEL_FROM);
        let mut y = vec![f32::NAN; sub.count()];
        sub.apply(&x, &mut y);
        let observed = sub.observed();
        for (i, value) in y.iter().enumerate() {
            let (t, c, a, b) = observed.position(i);
            assert_eq!(*value as usize, sub.shape().index(t, c, 4 * a, 4 * b));
        }
        let mut back = vec![f32::NAN; x.len()];
        sub.adjoint(&y, &mut back);
        for (i, value) in back.iter().enumerate() {
            let (_, _, h, w) = sub.shape().position(i);
            let expected = if h % 4 == 0 && w % 4 == 0 { x[i] } else { 0.0 };
            assert_eq!(value.to_bits(), expected.to_bits());
        }
    }

    proptest! {
        #[test]
        fn observes_exactly_the_lattice(
            t in 1usize..3, c in 1usize..3, h in 1usize..12, w in 1usize..12, s in 1usize..12,
        ) {
            prop_assume!(s <= h.min(w));
            let sub = Subsample::new(Shape::new(t, c, h, w), s).unwrap();
            let x: Vec<f64> = (0..sub.shape().len()).map(|i| i as f64).collect();
            let naive: Vec<f64> = x
                .iter()
                .enumerate()
                .filter(|(i, _)| {
                    let (_, _, h, w) = sub.shape().position(*i);
                    h % s == 0 && w % s == 0
                })
                .map(|(_, v)| *v)
                .collect();
            let mut y = vec![f64::NAN; sub.count()];
            sub.apply(&x, &mut y);
            prop_assert_eq!(y, naive);
        }
    }
}
