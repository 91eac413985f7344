//! Selection of listed entries of a field.

use crate::{Gram, LinearOperator, OperatorError, Result, Selection};
use equipoise_field::Real;

/// The entries with given flat indices: `y[k] = x[i_k]`, A Aᵀ = I.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    len: usize,
    indices: Vec<usize>,
}

impl Mask {
    /// The entries `indices`, increasing, of fields of `len` numbers.
    ///
    /// # Errors
    /// [`OperatorError::MaskOutside`] or [`OperatorError::MaskOrder`], naming the first index that
    /// lies outside the field or does not exceed the one before it.
    pub fn new(len: usize, indices: Vec<usize>) -> Result<Self> {
        for (position, &index) in indices.iter().enumerate() {
            if index >= len {
                return Err(OperatorError::MaskOutside { position, index, len });
            }
            if position > 0 && indices[position - 1] >= index {
                let previous = indices[position - 1];
                return Err(OperatorError::MaskOrder { position, index, previous });
            }
        }
        Ok(Self { len, indices })
    }
}

impl<R: Real> LinearOperator<R> for Mask {
    fn len_in(&self) -> usize {
        self.len
    }

    fn len_out(&self) -> usize {
        self.indices.len()
    }

    fn apply(&self, x: &[R], y: &mut [R]) {
        assert_eq!(x.len(), self.len, "mask: field length");
        assert_eq!(y.len(), self.indices.len(), "mask: observation length");
        y.iter_mut().zip(&self.indices).for_each(|(y, i)| *y = x[*i]);
    }

    fn adjoint(&self, r: &[R], x: &mut [R]) {
        assert_eq!(r.len(), self.indices.len(), "mask: observation length");
        assert_eq!(x.len(), self.len, "mask: field length");
        x.fill(R::zero());
        r.iter().zip(&self.indices).for_each(|(r, i)| x[*i] = *r);
    }

    fn adjoint_part(&self, r: &[R], start: usize, part: &mut [R]) {
        assert_eq!(r.len(), self.indices.len(), "mask: observation length");
        let end = start + part.len();
        assert!(end <= self.len, "mask: part of the field");
        part.fill(R::zero());
        let first = self.indices.partition_point(|i| *i < start);
        for (r, i) in r.iter().zip(&self.indices).skip(first).take_while(|(_, i)| **i < end) {
            part[*i - start] = *r;
        }
    }

    fn selection(&self) -> Selection<'_> {
        Selection::Points(&self.indices)
    }

    fn gram(&self) -> Gram<'_> {
        Gram::Scaled(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::check_linear;

    #[test]
    fn conforms() {
        for indices in [vec![], vec![0], vec![2, 3, 17, 40], (0..41).collect()] {
            let mask = Mask::new(41, indices).unwrap();
            check_linear::<f32>(&mask, 0);
            check_linear::<f64>(&mask, 0);
        }
    }

    #[test]
    fn indices_outside_or_out_of_order_are_named() {
        let outside = OperatorError::MaskOutside { position: 1, index: 5, len: 5 };
        assert_eq!(Mask::new(5, vec![0, 5]), Err(outside));
        let repeated = OperatorError::MaskOrder { position: 2, index: 3, previous: 3 };
        assert_eq!(Mask::new(5, vec![0, 3, 3]), Err(repeated));
    }
}
