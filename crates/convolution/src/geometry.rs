//! Which pixels a convolution meets.

use crate::Convolution;

/// No pixel: the zeros around a field.
pub(crate) const NONE: usize = usize::MAX;

/// A convolution on a grid.
#[derive(Debug)]
pub(crate) struct Geometry {
    pub(crate) of: Convolution,
    pub(crate) source: [usize; 2],
    pub(crate) target: [usize; 2],
}

impl Geometry {
    pub(crate) fn new(of: Convolution, source: [usize; 2]) -> Self {
        Self { of, source, target: of.target(source) }
    }

    pub(crate) fn check(&self, x: usize, y: usize) {
        assert_eq!(x, self.source[0] * self.source[1] * self.of.channels, "convolution: numbers of x");
        assert_eq!(y, self.target[0] * self.target[1] * self.of.filters, "convolution: numbers of y");
    }

    /// The point of x at point `at` of the padded axis, which begins ⌊kernel/2⌋ before the field; [`NONE`] in the
    /// zeros. Beyond what a kernel meets, any point.
    pub(crate) fn meets(&self, axis: usize, at: usize) -> usize {
        let (margin, finer) = (self.of.kernel[axis] / 2, self.of.finer[axis]);
        let points = self.source[axis] * finer;
        if self.of.circular[axis] {
            return (at + points - margin % points) % points / finer;
        }
        at.checked_sub(margin).filter(|at| *at < points).map_or(NONE, |at| at / finer)
    }

    /// Taps of the kernel.
    pub(crate) fn taps(&self) -> usize {
        self.of.kernel[0] * self.of.kernel[1]
    }

    /// Calls `each(k, pixel)` for the taps of the outputs at pixel `at` of y that meet a pixel of x: k is where the
    /// channels of the tap begin among taps·channels.
    #[inline(always)]
    pub(crate) fn walk(&self, at: usize, mut each: impl FnMut(usize, usize)) {
        let (i, j) = (at / self.target[1], at % self.target[1]);
        for high in 0..self.of.kernel[0] {
            let row = self.meets(0, i * self.of.stride[0] + high);
            if row == NONE {
                continue;
            }
            for wide in 0..self.of.kernel[1] {
                let column = self.meets(1, j * self.of.stride[1] + wide);
                if column != NONE {
                    let tap = high * self.of.kernel[1] + wide;
                    each(tap * self.of.channels, row * self.source[1] + column);
                }
            }
        }
    }
}
