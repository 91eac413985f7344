//! Sums over boxes of neighbouring grid points, with a border rule per axis.

use equipoise_covariance::Pool;
use equipoise_field::{Boundary, Shape};
use pulp::Arch;

/// What a patch meets at the border of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// The axis wraps around.
    Periodic,
    /// The patch is cut off.
    Clipped,
}

/// The patch of a pixel: all points within `radius` grid points along H and along W, with all
/// channels and frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// r_H and r_W; the patch has at most (2r_H + 1)(2r_W + 1) points. On a periodic axis a patch
    /// longer than the axis counts every point once.
    pub radius: [usize; 2],
    /// What happens at the borders of H and of W.
    pub border: [Border; 2],
}

impl Patch {
    /// A square patch on a grid whose borders are all of one kind.
    pub fn square(radius: usize, boundary: Boundary) -> Self {
        let border = match boundary {
            Boundary::Periodic => Border::Periodic,
            Boundary::Open => Border::Clipped,
        };
        Self { radius: [radius; 2], border: [border; 2] }
    }
}

/// The sum over the patch of every point of an H × W plane. It is its own adjoint: n lies in the
/// patch of m when m lies in the patch of n.
#[derive(Debug)]
pub(crate) struct Window {
    height: usize,
    width: usize,
    along_h: Extent,
    along_w: Extent,
    buffers: Pool<[Vec<f64>; 4]>,
}

/// The run of points that is summed along one axis.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// Points before the centre.
    before: usize,
    /// Points in all.
    length: usize,
    wraps: bool,
}

impl Extent {
    fn new(axis: usize, radius: usize, border: Border) -> Self {
        let wraps = border == Border::Periodic;
        let length =
            if wraps { (2 * radius).saturating_add(1).min(axis) } else { 2 * radius.min(axis - 1) + 1 };
        Self { before: (length - 1) / 2, length, wraps }
    }
}

impl Window {
    pub(crate) fn new(shape: Shape, patch: Patch) -> Self {
        Self {
            height: shape.height,
            width: shape.width,
            along_h: Extent::new(shape.height, patch.radius[0], patch.border[0]),
            along_w: Extent::new(shape.width, patch.radius[1], patch.border[1]),
            buffers: Pool::default(),
        }
    }

    /// H·W.
    pub(crate) fn plane(&self) -> usize {
        self.height * self.width
    }

    /// Overwrites `out`.
    pub(crate) fn sum(&self, plane: &[f64], out: &mut [f64]) {
        self.buffers.with(<[Vec<f64>; 4]>::default, |[padded, next, columns, rows]| {
            pad(plane, self.width, self.along_h, padded);
            columns.resize(plane.len(), 0.0);
            run_sums(padded, next, self.width, self.along_h.length, columns);
            let longer = self.width + self.along_w.length - 1;
            padded.clear();
            for row in columns.chunks_exact(self.width) {
                pad(row, 1, self.along_w, next);
                padded.extend_from_slice(next);
            }
            rows.resize((self.height - 1) * longer + self.width, 0.0);
            run_sums(padded, next, 1, self.along_w.length, rows);
            for (out, row) in out.chunks_exact_mut(self.width).zip(rows.chunks(longer)) {
                out.copy_from_slice(&row[..self.width]);
            }
        });
    }
}

/// Lines of `stride` numbers, with what lies beyond the border before and after them: the lines
/// themselves again or zeros.
fn pad(lines: &[f64], stride: usize, extent: Extent, out: &mut Vec<f64>) {
    let (before, after) = (extent.before * stride, (extent.length - 1 - extent.before) * stride);
    out.clear();
    if extent.wraps {
        out.extend_from_slice(&lines[lines.len() - before..]);
        out.extend_from_slice(lines);
        out.extend_from_slice(&lines[..after]);
    } else {
        out.resize(before, 0.0);
        out.extend_from_slice(lines);
        out.resize(before + lines.len() + after, 0.0);
    }
}

/// out_i = Σ_{j<length} lines_{i + j·stride}, from sums over runs of 1, 2, 4 … terms: no difference
/// is taken, so sums of squares keep their relative accuracy. Destroys `lines`.
fn run_sums(lines: &mut Vec<f64>, next: &mut Vec<f64>, stride: usize, length: usize, out: &mut [f64]) {
    let arch = Arch::new();
    out.fill(0.0);
    let (mut offset, mut run) = (0, 1);
    while run <= length {
        if length & run != 0 {
            let (to, from) = (&mut *out, &lines[offset * stride..]);
            arch.dispatch(
                #[inline(always)]
                move || add(to, from),
            );
            offset += run;
        }
        if 2 * run <= length {
            let ahead = &lines[run * stride..];
            next.resize(ahead.len(), 0.0);
            let (a, to) = (&lines[..], &mut next[..]);
            arch.dispatch(
                #[inline(always)]
                move || add_two(a, ahead, to),
            );
            std::mem::swap(lines, next);
        }
        run *= 2;
    }
}

/// to_i += from_i, over the shorter length.
#[inline(always)]
fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// out_i = a_i + b_i, over the shortest length.
#[inline(always)]
fn add_two(a: &[f64], b: &[f64], out: &mut [f64]) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a + b);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the definition, on every border rule and beyond the length of an axis.
    #[test]
    fn is_the_sum_over_the_patch() {
        let (height, width) = (5, 6);
        let shape = Shape::new(1, 1, height, width);
        let plane: Vec<f64> = (0..30).map(|i| f64::from(i * i % 17)).collect();
        let reach = |at: usize, to: usize, radius: usize, axis: usize, border| match border {
            Border::Clipped => at.abs_diff(to) <= radius,
            Border::Periodic => at.abs_diff(to).min(axis - at.abs_diff(to)) <= radius,
        };
        for border in [Border::Periodic, Border::Clipped] {
            for (down, right) in [(0, 0), (1, 2), (2, 1), (3, 3), (9, 0), (2, 7)] {
                let patch = Patch { radius: [down, right], border: [border, Border::Clipped] };
                let mut out = vec![f64::NAN; 30];
                Window::new(shape, patch).sum(&plane, &mut out);
                for (m, found) in out.iter().enumerate() {
                    let inside = |n: &usize| {
                        reach(m / width, n / width, down, height, border)
                            && reach(m % width, n % width, right, width, Border::Clipped)
                    };
                    let expected: f64 = (0..30).filter(inside).map(|n| plane[n]).sum();
                    assert!((found - expected).abs() < 1e-12, "{patch:?} at {m}: {found} {expected}");
                }
            }
        }
    }
}
