//! A tensor's place in a storage: offset, shape and strides, and its numbers in C order.

use crate::{Tensor, Values};

/// Where a tensor lies, in elements of its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) offset: usize,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

impl Layout {
    /// How many numbers the tensor has; none where that cannot be counted.
    pub(crate) fn len(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(0);
        }
        self.shape.iter().try_fold(1usize, |product, length| product.checked_mul(*length))
    }

    /// One past the last element that the tensor reads; none where that cannot be counted.
    pub(crate) fn end(&self) -> Option<usize> {
        if self.shape.contains(&0) {
            return Some(self.offset);
        }
        let last = self.shape.iter().zip(&self.strides).try_fold(self.offset, |place, (length, stride)| {
            place.checked_add((length - 1).checked_mul(*stride)?)
        });
        last?.checked_add(1)
    }

    /// How many numbers are read for it: its own, or those of the storage that its strides step over.
    pub(crate) fn walked(&self) -> Option<usize> {
        Some(self.len()?.max(self.end()?.saturating_sub(self.offset)))
    }

    /// The tensor out of `values`, the elements of the storage from [`offset`](Self) to [`end`](Self::end).
    pub(crate) fn gather(&self, values: Values) -> Tensor {
        let values = match values {
            _ if self.is_contiguous() => values,
            Values::F32(values) => Values::F32(self.each(&values)),
            Values::F64(values) => Values::F64(self.each(&values)),
        };
        Tensor { shape: self.shape.clone(), values }
    }

    fn is_contiguous(&self) -> bool {
        if self.shape.contains(&0) {
            return true;
        }
        let mut expected = Some(1usize);
        for (length, stride) in self.shape.iter().zip(&self.strides).rev() {
            if *length > 1 && Some(*stride) != expected {
                return false;
            }
            expected = expected.and_then(|expected| expected.checked_mul(*length));
        }
        true
    }

    fn each<T: Copy>(&self, values: &[T]) -> Vec<T> {
        let count = self.len().unwrap_or(0);
        let mut out = Vec::with_capacity(count);
        let mut index = vec![0; self.shape.len()];
        let mut place = 0;
        for _ in 0..count {
            out.extend(values.get(place));
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                place += self.strides[axis];
                if index[axis] < self.shape[axis] {
                    break;
                }
                place -= index[axis] * self.strides[axis];
                index[axis] = 0;
            }
        }
        out
    }
}
