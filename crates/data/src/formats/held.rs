//! An array in memory: that of a format whose files are small, or must be read whole.

use crate::array::Array;
use crate::storage::Element;
use crate::{DataError, Result};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Numbers with the lengths of their axes, the last axis fastest.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// A block of values in memory.
///
/// # Errors
/// For ranges beyond the shape.
pub(crate) fn cut<E: Copy>(
    path: &Path,
    shape: &[usize],
    values: &[E],
    block: &[Range<usize>],
) -> Result<Vec<E>> {
    let inside = |(range, length): (&Range<usize>, &usize)| range.start <= range.end && range.end <= *length;
    if block.len() != shape.len() || !block.iter().zip(shape).all(inside) {
        return Err(DataError::io(path, std::io::ErrorKind::UnexpectedEof.into()));
    }
    let mut found = vec![0];
    for (range, length) in block.iter().zip(shape) {
        found = found.iter().flat_map(|at| range.clone().map(move |i| at * length + i)).collect();
    }
    Ok(found.into_iter().map(|at| values[at]).collect())
}

impl Array for Held {
    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn element(&self) -> Element {
        Element::Float(32)
    }

    fn chunk(&self) -> Option<Vec<usize>> {
        Some(self.shape.clone())
    }

    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>> {
        cut(&self.path, &self.shape, &self.values, block)
    }

    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>> {
        Ok(self.singles(block)?.into_iter().map(f64::from).collect())
    }
}
