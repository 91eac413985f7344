//! Room that convolutions use again and again, and the shares that one is cut into.

use std::ops::Range;

/// Buffers of convolutions, and into how many shares one is cut.
#[derive(Debug)]
pub struct Room<R> {
    shares: usize,
    buffers: Vec<Vec<R>>,
    weights: Vec<R>,
    /// Pixels of a finer grid, on their way to a coarser one.
    pub(crate) finer: Vec<R>,
}

/// What one convolution is cut into.
pub(crate) struct Cut<'a, R> {
    /// Lines of each share.
    pub(crate) each: usize,
    /// A buffer for each share.
    pub(crate) buffers: &'a mut [Vec<R>],
    /// A buffer for the weights of all.
    pub(crate) weights: &'a mut Vec<R>,
}

impl<R> Default for Room<R> {
    fn default() -> Self {
        Self { shares: 1, buffers: Vec::new(), weights: Vec::new(), finer: Vec::new() }
    }
}

impl<R> Room<R> {
    /// Shares of one convolution that may run side by side. No bit depends on it.
    pub fn share(&mut self, shares: usize) {
        self.shares = shares.max(1);
    }

    /// `lines` in as many shares as may run side by side.
    pub(crate) fn cut(&mut self, lines: usize) -> Cut<'_, R> {
        let each = lines.div_ceil(self.shares).max(1);
        let count = lines.div_ceil(each);
        self.buffers.resize_with(count.max(self.buffers.len()), Vec::new);
        Cut { each, buffers: &mut self.buffers[..count], weights: &mut self.weights }
    }
}

/// Panels of so many numbers in parts of `most` numbers at most, or of one panel, about as large each.
pub(crate) fn parts(panels: usize, panel: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = (panels * panel).div_ceil(most).clamp(1, panels.max(1));
    let each = panels.div_ceil(count).max(1);
    (0..panels).step_by(each).map(move |first| first..panels.min(first + each))
}

/// The first `len` numbers of a buffer that grows where it must; what stands in them is not to be read.
pub(crate) fn sized<R: Copy + Default>(buffer: &mut Vec<R>, len: usize) -> &mut [R] {
    if buffer.len() < len {
        buffer.resize(len, R::default());
    }
    &mut buffer[..len]
}
