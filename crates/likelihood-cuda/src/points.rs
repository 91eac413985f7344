//! Listed observation points, as the kernel reads them.

use crate::CudaError;

/// Elements of a segment of the field, the unit of the zeros around listed points.
pub const SEGMENT: usize = 32;

/// Increasing flat indices of observed entries of a field, and the segments of the field that hold
/// none of them.
///
/// The kernel writes a gradient on the field in two parts: whoever holds an observation writes the
/// segment around it, other thread blocks write the empty segments. So a few sensors on a large
/// field keep the whole device busy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointList {
    size: usize,
    indices: Vec<u32>,
    empty_segments: Vec<u32>,
}

impl PointList {
    /// The points `indices`, increasing, of a field of `size` elements.
    ///
    /// # Errors
    /// [`CudaError::Points`] naming the first index that lies outside the field or does not exceed
    /// the one before it; [`CudaError::TooLarge`] when an index needs more than 32 bits.
    pub fn new(size: usize, indices: &[usize]) -> Result<Self, CudaError> {
        let limit = u32::MAX as usize;
        if size > limit {
            return Err(CudaError::TooLarge { what: "elements of a field", found: size, limit });
        }
        let mut empty_segments = Vec::new();
        let mut next_segment = 0;
        for (position, &index) in indices.iter().enumerate() {
            if index >= size || (position > 0 && indices[position - 1] >= index) {
                return Err(CudaError::Points { position, index, size });
            }
            let segment = (index / SEGMENT) as u32;
            empty_segments.extend(next_segment..segment);
            next_segment = segment + 1;
        }
        empty_segments.extend(next_segment..size.div_ceil(SEGMENT) as u32);
        let indices = indices.iter().map(|index| *index as u32).collect();
        Ok(Self { size, indices, empty_segments })
    }

    /// D.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The points.
    pub fn indices(&self) -> &[u32] {
        &self.indices
    }

    /// Segment k is entries 32·k to 32·k + 31; these hold no point.
    pub fn empty_segments(&self) -> &[u32] {
        &self.empty_segments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_empty_or_hold_a_point() {
        let list = PointList::new(200, &[3, 31, 64, 95, 199]).unwrap();
        assert_eq!(list.empty_segments(), [1, 3, 4, 5]);
        assert_eq!(PointList::new(65, &[]).unwrap().empty_segments(), [0, 1, 2]);
        assert!(PointList::new(0, &[]).unwrap().empty_segments().is_empty());
    }

    #[test]
    fn the_first_point_at_fault_is_named() {
        let fault = |indices: &[usize]| PointList::new(5, indices).unwrap_err().to_string();
        assert!(fault(&[0, 5]).contains("listed point 1: found index 5"));
        assert!(fault(&[0, 3, 3]).contains("listed point 2: found index 3"));
    }
}
