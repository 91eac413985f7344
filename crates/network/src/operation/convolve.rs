//! Convolution with bias: products of the weights with the columns of the pixels that the kernel meets.

use super::columns::{Along, Columns};
use super::{At, Extent, Operation, Scratch};
use crate::Padding;
use equipoise_field::{Real, sum};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};
use std::ops::Range;

/// Numbers of columns that are made at a time, for which no number but the shapes matters.
const AT_ONCE: usize = 1 << 19;

/// y = w ∗ x + b, PyTorch's `Conv2d` (a correlation) with padding kernel/2: x (C, H, W), w (filters, C, kh, kw),
/// b (filters), y (filters, ⌈H/s⌉, ⌈W/s⌉).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Convolve {
    pub(crate) filters: usize,
    pub(crate) channels: usize,
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [Padding; 2],
}

impl Convolve {
    /// The shape of w.
    pub(crate) fn shape(&self) -> [usize; 4] {
        [self.filters, self.channels, self.kernel[0], self.kernel[1]]
    }

    fn columns(&self, x: Extent) -> Columns {
        let axis = |k: usize, source| Along {
            source,
            kernel: self.kernel[k],
            stride: self.stride[k],
            padding: self.padding[k],
        };
        Columns { channels: self.channels, axes: [axis(0, x.height), axis(1, x.width)] }
    }

    /// Lines of the output that are made at a time.
    fn tiles(&self, columns: Columns, y: Extent) -> impl Iterator<Item = Range<usize>> {
        let lines = (AT_ONCE / (columns.rows() * y.width).max(1)).max(1);
        (0..y.height).step_by(lines).map(move |from| from..(from + lines).min(y.height))
    }

    /// Adds w ∗ x to y.
    fn convolve<R: Real>(&self, at: At<'_, R>, x: &[R], w: &[R], made: &mut Vec<R>, y: &mut [R]) {
        let columns = self.columns(at.extents[0]);
        let (rows, width) = (columns.rows(), at.output.width);
        for lines in self.tiles(columns, at.output) {
            let (count, part) = (lines.len() * width, Slice::from(lines.start * width..lines.end * width));
            let made = sized(made, rows * count);
            columns.gather(x, lines.clone(), made);
            let mut y = matrix_mut(y, self.filters, at.output.pixels());
            let mut y = y.slice_axis_mut(Axis(1), part);
            general_mat_mul(
                R::one(),
                &matrix(w, self.filters, rows),
                &matrix(made, rows, count),
                R::one(),
                &mut y,
            );
        }
    }

    /// Adds the adjoint of x ↦ w ∗ x at v to x.
    fn transposed<R: Real>(&self, at: At<'_, R>, v: &[R], made: &mut Vec<R>, x: &mut [R]) {
        let columns = self.columns(at.extents[0]);
        let (rows, width) = (columns.rows(), at.output.width);
        let (w, v) = (matrix(at.values[1], self.filters, rows), matrix(v, self.filters, at.output.pixels()));
        for lines in self.tiles(columns, at.output) {
            let (count, part) = (lines.len() * width, Slice::from(lines.start * width..lines.end * width));
            let made = sized(made, rows * count);
            let v = v.slice_axis(Axis(1), part);
            general_mat_mul(R::one(), &w.t(), &v, R::zero(), &mut matrix_mut(made, rows, count));
            columns.scatter(made, lines, x);
        }
    }

    /// Adds the adjoint of w ↦ w ∗ x at v to w.
    fn correlated<R: Real>(&self, at: At<'_, R>, v: &[R], made: &mut Vec<R>, w: &mut [R]) {
        let columns = self.columns(at.extents[0]);
        let (rows, width) = (columns.rows(), at.output.width);
        let v = matrix(v, self.filters, at.output.pixels());
        let mut w = matrix_mut(w, self.filters, rows);
        for lines in self.tiles(columns, at.output) {
            let (count, part) = (lines.len() * width, Slice::from(lines.start * width..lines.end * width));
            let made = sized(made, rows * count);
            columns.gather(at.values[0], lines.clone(), made);
            let v = v.slice_axis(Axis(1), part);
            general_mat_mul(R::one(), &v, &matrix(made, rows, count).t(), R::one(), &mut w);
        }
    }
}

impl<R: Real> Operation<R> for Convolve {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        let axes = self.columns(inputs[0]).axes;
        if !axes.iter().all(|axis| axis.wraps_once()) {
            let [h, w] = self.kernel;
            return Err(format!(
                "one on whose depths a kernel of {h} x {w} points with circular padding wraps around once at most"
            ));
        }
        Ok(Extent { channels: self.filters, height: axes[0].target(), width: axes[1].target() })
    }

    fn needs(&self, k: usize) -> &'static [usize] {
        [&[1][..], &[0], &[]][k]
    }

    fn forward(&self, at: At<'_, R>, scratch: &mut Scratch<R>, y: &mut [R]) {
        for (y, &b) in y.chunks_exact_mut(at.output.pixels()).zip(at.values[2]) {
            y.fill(b);
        }
        self.convolve(at, at.values[0], at.values[1], &mut scratch.columns, y);
    }

    fn jvp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, y: &mut [R]) {
        match k {
            0 => self.convolve(at, v, at.values[1], &mut scratch.columns, y),
            1 => self.convolve(at, at.values[0], v, &mut scratch.columns, y),
            _ => {
                for (y, &b) in y.chunks_exact_mut(at.output.pixels()).zip(v) {
                    y.iter_mut().for_each(|y| *y += b);
                }
            }
        }
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        match k {
            0 => self.transposed(at, v, &mut scratch.columns, x),
            1 => self.correlated(at, v, &mut scratch.columns, x),
            _ => {
                for (b, v) in x.iter_mut().zip(v.chunks_exact(at.output.pixels())) {
                    *b += R::narrow(sum::of(v.len(), |i| v[i].wide()));
                }
            }
        }
    }
}

/// The first `len` numbers of a buffer that grows where it must; what stands in them is not to be read.
fn sized<R: Real>(buffer: &mut Vec<R>, len: usize) -> &mut [R] {
    if buffer.len() < len {
        buffer.resize(len, R::zero());
    }
    &mut buffer[..len]
}

fn matrix<R: Real>(of: &[R], rows: usize, columns: usize) -> ArrayView2<'_, R> {
    ArrayView2::from_shape((rows, columns), of).expect("a register has its extent's length")
}

fn matrix_mut<R: Real>(of: &mut [R], rows: usize, columns: usize) -> ArrayViewMut2<'_, R> {
    ArrayViewMut2::from_shape((rows, columns), of).expect("a register has its extent's length")
}
