//! Blocks of an array whose numbers stand one after the other in a file.

use std::io::{Error, ErrorKind, Result};
use std::ops::Range;

/// Bytes that are read at once though nobody asked for all of them.
const AT_ONCE: usize = 64 << 10;

/// Bytes of a long stretch that are handed on at a time.
const STRETCH: usize = 1 << 20;

/// Hands the items, of `width` bytes, of a block of an array of this shape to `take`, the last axis fastest, some at a
/// time; `read` fills a slice from an offset on.
///
/// # Errors
/// Those of `read`, and [`ErrorKind::UnexpectedEof`] for ranges beyond the shape.
pub(crate) fn block(
    shape: &[usize],
    ranges: &[Range<usize>],
    width: usize,
    read: impl Fn(u64, &mut [u8]) -> Result<()>,
    mut take: impl FnMut(&[u8]),
) -> Result<()> {
    let beyond = |(range, length): (&Range<usize>, &usize)| range.start > range.end || range.end > *length;
    if shape.len() != ranges.len() || ranges.iter().zip(shape).any(beyond) {
        return Err(Error::from(ErrorKind::UnexpectedEof));
    }
    if ranges.iter().any(std::ops::Range::is_empty) {
        return Ok(());
    }
    let mut strides = vec![width; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    // From this axis on the block is read in one piece, gaps and all: where it has none, or small ones.
    let (mut inner, mut span, mut wanted) = (ranges.len(), width, width);
    for axis in (0..ranges.len()).rev() {
        let length = ranges[axis].len();
        let wider = (length - 1) * strides[axis] + span;
        if wider > (wanted * length).max(AT_ONCE) {
            break;
        }
        (inner, span, wanted) = (axis, wider, wanted * length);
    }
    // One with gaps is short.
    let at_once = if span == wanted { span.min(STRETCH / width * width) } else { span };
    let mut piece = vec![0; at_once];
    let (outer, within) = (&ranges[..inner], &ranges[inner..]);
    let base: u64 = ranges.iter().zip(&strides).map(|(range, stride)| (range.start * stride) as u64).sum();
    each(outer, &strides[..inner], &mut |offset| {
        let mut at = 0;
        while at < span {
            let part = &mut piece[..at_once.min(span - at)];
            read(base + (offset + at) as u64, part)?;
            at += part.len();
            if span == wanted {
                take(part);
            }
        }
        if span == wanted {
            return Ok(());
        }
        each(within, &strides[inner..], &mut |at| {
            take(&piece[at..at + width]);
            Ok(())
        })
    })
}

/// The offset of every index of these ranges from their first, in order.
fn each(
    ranges: &[Range<usize>],
    strides: &[usize],
    take: &mut impl FnMut(usize) -> Result<()>,
) -> Result<()> {
    let counts: Vec<usize> = ranges.iter().map(ExactSizeIterator::len).collect();
    let mut index = vec![0; counts.len()];
    loop {
        take(index.iter().zip(strides).map(|(i, stride)| i * stride).sum())?;
        let Some(axis) = (0..counts.len()).rev().find(|axis| index[*axis] + 1 < counts[*axis]) else {
            return Ok(());
        };
        index[axis] += 1;
        index[axis + 1..].fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every item of a small array holds its own index, whatever is read at once.
    #[test]
    fn every_block_holds_its_own_items() {
        let (shape, count) = ([3, 2, 300, 50], 6 * 300 * 50);
        let all: Vec<u8> = (0..count).flat_map(u32::to_le_bytes).collect();
        let read = |offset: u64, into: &mut [u8]| {
            into.copy_from_slice(&all[offset as usize..offset as usize + into.len()]);
            Ok(())
        };
        for ranges in [
            [0..3, 0..2, 0..300, 0..50],
            [1..3, 1..2, 10..12, 0..50],
            [0..3, 0..1, 299..300, 49..50],
            [2..3, 0..2, 5..290, 3..4],
            [0..3, 0..2, 0..0, 0..50],
        ] {
            let mut found = Vec::new();
            block(&shape, &ranges, 4, read, |bytes| found.extend_from_slice(bytes)).unwrap();
            let [a, b, c, d] = ranges.clone();
            let mut expected = Vec::new();
            for (i, j, k) in a
                .flat_map(|i| b.clone().map(move |j| (i, j)))
                .flat_map(|(i, j)| c.clone().map(move |k| (i, j, k)))
            {
                expected.extend(
                    d.clone().flat_map(|l| ((((i * 2 + j) * 300 + k) * 50 + l) as u32).to_le_bytes()),
                );
            }
            assert!(found == expected, "{ranges:?}");
        }
        assert!(block(&shape, &[0..3, 0..2, 0..301, 0..50], 4, read, |_| ()).is_err());
        let mut one = Vec::new();
        block(&[], &[], 4, read, |bytes| one.extend_from_slice(bytes)).unwrap();
        assert_eq!(one, [0; 4]);
    }
}
