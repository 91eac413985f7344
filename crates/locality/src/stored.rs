//! Training samples that are read from an HDF5 store in portions.

use crate::{LocalityError, Samples};
use equipoise_data::store::{Element, Reader};
use std::ops::Range;
use std::path::Path;

/// Samples along the first axis of an array of a store, read when they are needed.
///
/// Results do not depend on the size of a portion. The file is read once for every pass of a
/// denoiser over its training set.
#[derive(Debug)]
pub struct Stored {
    reader: Reader,
    name: String,
    count: usize,
    dim: usize,
    portion: usize,
}

impl Stored {
    /// The array `name` (n × anything) of the store at `path`, read `portion` samples at a time.
    ///
    /// # Errors
    /// [`LocalityError::Data`] when the store or the array cannot be opened,
    /// [`LocalityError::Length`] for a portion of 0.
    pub fn open(path: &Path, name: &str, portion: usize) -> Result<Self, LocalityError> {
        let reader = Reader::open(path)?;
        let shape = reader.shape(name)?;
        let count = shape.first().copied().unwrap_or(0);
        if portion == 0 {
            return Err(LocalityError::Length { what: "portion of samples", found: 0, expected: 1 });
        }
        Ok(Self { reader, name: name.into(), count, dim: shape.iter().skip(1).product(), portion })
    }
}

impl<R: Element> Samples<R> for Stored {
    fn count(&self) -> usize {
        self.count
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn visit(&self, range: Range<usize>, each: &mut dyn FnMut(usize, &[R])) -> Result<(), LocalityError> {
        for first in range.clone().step_by(self.portion) {
            let rows = first..range.end.min(first + self.portion);
            let values = self.reader.rows::<R>(&self.name, rows)?;
            for (i, x) in values.chunks_exact(self.dim.max(1)).enumerate() {
                each(first + i, x);
            }
        }
        Ok(())
    }
}
