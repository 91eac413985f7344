//! The numbers of one dataset, wherever they are stored.

use crate::storage::Element;
use crate::{Attributes, Result};
use std::fmt;
use std::ops::Range;

/// An array on disk of which any block can be read; an index a range in the order of its axes.
pub(crate) trait Array: fmt::Debug + Send + Sync {
    /// The lengths of its axes.
    fn shape(&self) -> &[usize];

    /// The type of its numbers.
    fn element(&self) -> Element;

    /// What is decompressed at a time; `None` where any part can be read.
    fn chunk(&self) -> Option<Vec<usize>> {
        None
    }

    /// Refuses a block of which a part would read as numbers that nobody wrote, or cannot be read at all, without
    /// reading any; a sentence where that cannot be known.
    ///
    /// # Errors
    /// [`DataError::Filter`](crate::DataError::Filter), [`DataError::Unwritten`](crate::DataError::Unwritten).
    fn check(&self, _block: &[Range<usize>]) -> Result<Option<String>> {
        Ok(None)
    }

    /// The numbers of a block, flat in the order of the axes.
    ///
    /// # Errors
    /// Of reading, also for a block beyond the axes.
    fn singles(&self, block: &[Range<usize>]) -> Result<Vec<f32>>;

    /// As [`singles`](Self::singles), in `f64`.
    ///
    /// # Errors
    /// As [`singles`](Self::singles).
    fn doubles(&self, block: &[Range<usize>]) -> Result<Vec<f64>>;
}

/// An array with its name and what is said of it.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) attributes: Attributes,
    pub(crate) array: Box<dyn Array>,
}
