//! First derivatives of one plane along the physical directions.

use equipoise_field::{Axis, Boundary, Grid, Real};

/// One channel of one frame on its grid.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a, R> {
    pub(crate) values: &'a [R],
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) grid: Grid,
}

impl<R: Real> Plane<'_, R> {
    /// ∂/∂x at (h, w).
    pub(crate) fn along_x(&self, h: usize, w: usize) -> f64 {
        self.slope(self.grid.x_axis, h, w) / self.grid.dx
    }

    /// ∂/∂y at (h, w).
    pub(crate) fn along_y(&self, h: usize, w: usize) -> f64 {
        self.slope(self.grid.y_axis(), h, w) / self.grid.dy
    }

    /// The difference per grid step: central, and one-sided at an open border.
    fn slope(&self, axis: Axis, h: usize, w: usize) -> f64 {
        let (index, length) = match axis {
            Axis::H => (h, self.height),
            Axis::W => (w, self.width),
        };
        let at = |index: usize| match axis {
            Axis::H => self.values[index * self.width + w].wide(),
            Axis::W => self.values[h * self.width + index].wide(),
        };
        let last = length - 1;
        match self.grid.boundary {
            Boundary::Open if index == 0 => at(1) - at(0),
            Boundary::Open if index == last => at(last) - at(last - 1),
            Boundary::Periodic if index == 0 => 0.5 * (at(1) - at(last)),
            Boundary::Periodic if index == last => 0.5 * (at(0) - at(last - 1)),
            _ => 0.5 * (at(index + 1) - at(index - 1)),
        }
    }
}
