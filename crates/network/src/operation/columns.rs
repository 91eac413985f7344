//! The pixels that a convolution's kernel meets, as columns of a matrix and back.

use crate::Padding;
use equipoise_field::Real;
use std::ops::Range;

/// One axis of a convolution: output i meets inputs i·stride + tap − kernel/2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Along {
    pub(super) source: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) padding: Padding,
}

/// Outputs `at`.. of which each meets the input one stride beyond its neighbour's, from `from` on.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    at: usize,
    from: usize,
    count: usize,
}

impl Along {
    /// Outputs.
    pub(super) fn target(self) -> usize {
        self.source.div_ceil(self.stride)
    }

    fn margin(self) -> usize {
        self.kernel / 2
    }

    /// Whether padding takes each input once at most, as PyTorch demands.
    pub(super) fn wraps_once(self) -> bool {
        self.padding == Padding::Zeros || self.margin() <= self.source
    }

    /// The input that output i meets; none in the zeros.
    fn meets(self, tap: usize, i: usize) -> Option<usize> {
        let padded = i * self.stride + tap;
        let inside = padded.checked_sub(self.margin()).filter(|at| *at < self.source);
        match self.padding {
            Padding::Zeros => inside,
            Padding::Circular => Some((padded + self.source - self.margin()) % self.source),
        }
    }

    /// The outputs before the first edge, between the edges and beyond the last.
    fn stretches(self, tap: usize) -> [Stretch; 3] {
        let (margin, stride, target) = (self.margin(), self.stride, self.target());
        let low = margin.saturating_sub(tap).div_ceil(stride).min(target);
        let high = (self.source + margin).saturating_sub(tap).div_ceil(stride).clamp(low, target);
        let from = |at: usize| at * stride + tap;
        let inner = Stretch { at: low, from: from(low).saturating_sub(margin), count: high - low };
        let none = Stretch { at: 0, from: 0, count: 0 };
        if self.padding == Padding::Zeros {
            return [none, inner, none];
        }
        let before = Stretch { at: 0, from: (from(0) + self.source).saturating_sub(margin), count: low };
        let beyond = from(high).saturating_sub(margin + self.source);
        [before, inner, Stretch { at: high, from: beyond, count: target - high }]
    }
}

/// Both axes, over channels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) channels: usize,
    pub(super) axes: [Along; 2],
}

impl Columns {
    /// Rows of the matrix: channel, tap along H, tap along W.
    pub(super) fn rows(self) -> usize {
        self.channels * self.axes[0].kernel * self.axes[1].kernel
    }

    /// Calls `each(target, source, count)` for every stretch of the outputs in `lines` (lines along W): columns of the
    /// matrix from `target` on, in one row, are inputs from `source` on, one stride apart.
    fn walk(self, lines: Range<usize>, mut each: impl FnMut(usize, usize, usize)) {
        let [high, wide] = self.axes;
        let width = lines.len() * wide.target();
        let mut row = 0;
        for channel in 0..self.channels {
            for tap in 0..high.kernel {
                for stretches in (0..wide.kernel).map(|tap| wide.stretches(tap)) {
                    for (line, i) in lines.clone().enumerate() {
                        let Some(source) = high.meets(tap, i) else { continue };
                        let source = (channel * high.source + source) * wide.source;
                        let target = row * width + line * wide.target();
                        for Stretch { at, from, count } in stretches {
                            if count > 0 {
                                each(target + at, source + from, count);
                            }
                        }
                    }
                    row += 1;
                }
            }
        }
    }

    /// The columns of the outputs in `lines`, (rows, lines · outputs along W). Overwrites `columns`.
    pub(super) fn gather<R: Real>(self, x: &[R], lines: Range<usize>, columns: &mut [R]) {
        if self.axes.iter().any(|axis| axis.padding == Padding::Zeros) {
            columns.fill(R::zero());
        }
        let stride = self.axes[1].stride;
        self.walk(lines, |target, source, count| {
            let columns = &mut columns[target..target + count];
            if stride == 1 {
                columns.copy_from_slice(&x[source..source + count]);
            } else {
                columns.iter_mut().zip(x[source..].iter().step_by(stride)).for_each(|(c, x)| *c = *x);
            }
        });
    }

    /// The adjoint of [`gather`](Self::gather). Adds to `x`.
    pub(super) fn scatter<R: Real>(self, columns: &[R], lines: Range<usize>, x: &mut [R]) {
        let stride = self.axes[1].stride;
        self.walk(lines, |target, source, count| {
            let columns = &columns[target..target + count];
            x[source..].iter_mut().step_by(stride).zip(columns).for_each(|(x, c)| *x += *c);
        });
    }
}
