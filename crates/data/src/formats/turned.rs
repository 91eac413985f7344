//! An array whose axes stand in the reverse order in its file.

use crate::Result;
use crate::array::Array;
use crate::storage::Element;
use std::ops::Range;

/// The array with its last axis first: that of Fortran's order, and of MATLAB.
#[derive(Debug)]
pub(crate) struct Turned {
    array: Box<dyn Array>,
    shape: Vec<usize>,
}

impl Turned {
    /// Of an array as the file has it.
    pub(crate) fn new(array: Box<dyn Array>) -> Self {
        let shape = reversed(array.shape());
        Self { array, shape }
    }
}

fn reversed<T: Clone>(axes: &[T]) -> Vec<T> {
    axes.iter().rev().cloned().collect()
}

/// Numbers in the order of the reversed axes; `block` are the ranges of these.
fn turn<E: Copy>(block: &[Range<usize>], stored: &[E]) -> Vec<E> {
    let lengths: Vec<usize> = block.iter().map(ExactSizeIterator::len).collect();
    // The first axis is the fastest in the file.
    let strides: Vec<usize> = lengths
        .iter()
        .scan(1, |stride, length| {
            let own = *stride;
            *stride *= length;
            Some(own)
        })
        .collect();
    let (mut turned, mut index, mut at) = (Vec::with_capacity(stored.len()), vec![0; lengths.len()], 0);
    while turned.len() < stored.len() {
        turned.push(stored[at]);
        for axis in (0..lengths.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < lengths[axis] {
                break;
            }
            at -= strides[axis] * lengths[axis];
            index[axis] = 0;
        }
    }
    turned
}

impl Array for Turned {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn element(&self) -> Element {
        self.array.element()
    }

    fn chunk(&self) -> Option<Vec<usize>> {
        self.array.chunk().map(|chunk| reversed(&chunk))
    }

    fn check(&self, block: &[Range<usize>]) -> Result<Option<String>> {
        self.array.check(&reversed(block))
    }

    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>> {
        Ok(turn(block, &self.array.singles(&reversed(block))?))
    }

    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>> {
        Ok(turn(block, &self.array.doubles(&reversed(block))?))
    }
}
