//! The shape (T, C, H, W) of a trajectory and its flat order.

use serde::{Deserialize, Serialize};

/// The shape of one trajectory: frames, channels, height, width, row-major in that order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape {
    /// T, the number of frames.
    pub frames: usize,
    /// C, the number of channels (velocity components).
    pub channels: usize,
    /// H, the second to last axis.
    pub height: usize,
    /// W, the last axis, which varies fastest.
    pub width: usize,
}

impl Shape {
    /// The shape (T, C, H, W).
    pub const fn new(frames: usize, channels: usize, height: usize, width: usize) -> Self {
        Self { frames, channels, height, width }
    }

    /// D = T·C·H·W.
    pub const fn len(&self) -> usize {
        self.frames * self.channels * self.height * self.width
    }

    /// Whether some axis has length zero.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// H·W, the number of grid points of one channel of one frame.
    pub const fn plane(&self) -> usize {
        self.height * self.width
    }

    /// T·C, the number of planes.
    pub const fn planes(&self) -> usize {
        self.frames * self.channels
    }

    /// C·H·W, the length of one frame.
    pub const fn frame(&self) -> usize {
        self.channels * self.plane()
    }

    /// The flat index of (t, c, h, w).
    #[inline(always)]
    pub const fn index(&self, t: usize, c: usize, h: usize, w: usize) -> usize {
        ((t * self.channels + c) * self.height + h) * self.width + w
    }

    /// The (t, c, h, w) of a flat index.
    pub const fn position(&self, index: usize) -> (usize, usize, usize, usize) {
        let w = index % self.width;
        let h = index / self.width % self.height;
        let c = index / self.plane() % self.channels;
        (index / self.frame(), c, h, w)
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({}, {}, {}, {})", self.frames, self.channels, self.height, self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn position_inverts_index(t in 1usize..5, c in 1usize..4, h in 1usize..7, w in 1usize..7) {
            let shape = Shape::new(t, c, h, w);
            for i in 0..shape.len() {
                let (a, b, y, x) = shape.position(i);
                prop_assert_eq!(shape.index(a, b, y, x), i);
            }
        }
    }
}
