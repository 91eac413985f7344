//! Room that convolutions use again and again, and the shares that one is cut into.

/// Buffers of convolutions, and into how many shares one is cut.
#[derive(Debug)]
pub struct Room<R> {
    shares: usize,
    pub(crate) buffers: Vec<Vec<R>>,
}

impl<R> Default for Room<R> {
    fn default() -> Self {
        Self { shares: 1, buffers: Vec::new() }
    }
}

impl<R> Room<R> {
    /// Shares of one convolution that may run side by side. No bit depends on it.
    pub fn share(&mut self, shares: usize) {
        self.shares = shares.max(1);
    }

    /// Lines of each share, and a buffer for each.
    pub(crate) fn cut(&mut self, lines: usize) -> (usize, &mut [Vec<R>]) {
        let each = lines.div_ceil(self.shares).max(1);
        let count = lines.div_ceil(each);
        self.buffers.resize_with(count.max(self.buffers.len()), Vec::new);
        (each, &mut self.buffers[..count])
    }
}

/// The first `len` numbers of a buffer that grows where it must; what stands in them is not to be read.
pub(crate) fn sized<R: Copy + Default>(buffer: &mut Vec<R>, len: usize) -> &mut [R] {
    if buffer.len() < len {
        buffer.resize(len, R::default());
    }
    &mut buffer[..len]
}
