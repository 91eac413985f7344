//! From array cells to picture cells: x to the right, y up, whichever array axis x is.

use crate::ReportError;
use equipoise_field::{Axis, Grid};

/// The physical view of one (H, W) plane: how many cells lie along x and y, how many pixels a
/// cell takes, and where in the array a cell of the picture is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct View {
    /// Cells along x.
    pub(crate) nx: usize,
    /// Cells along y.
    pub(crate) ny: usize,
    /// Length of the plane along x and y, nx·dx and ny·dy.
    pub(crate) extent: (f64, f64),
    width: usize,
    x_axis: Axis,
}

impl View {
    pub(crate) fn new(height: usize, width: usize, grid: &Grid, title: &str) -> Result<Self, ReportError> {
        for (what, found) in [("grid spacing dx", grid.dx), ("grid spacing dy", grid.dy)] {
            if !(found.is_finite() && found > 0.0) {
                return Err(ReportError::NotPositive { title: title.into(), what, found });
            }
        }
        let (nx, ny) = match grid.x_axis {
            Axis::H => (height, width),
            Axis::W => (width, height),
        };
        let extent = (nx as f64 * grid.dx, ny as f64 * grid.dy);
        Ok(Self { nx, ny, extent, width, x_axis: grid.x_axis })
    }

    /// The flat index h·W + w of the cell in `column` from the left and `row` from the top.
    pub(crate) fn cell(&self, column: usize, row: usize) -> usize {
        let (x, y) = (column, self.ny - 1 - row);
        match self.x_axis {
            Axis::H => x * self.width + y,
            Axis::W => y * self.width + x,
        }
    }

    /// Column from the left and row from the top of the cell with flat index `index`.
    pub(crate) fn place(&self, index: usize) -> (usize, usize) {
        let (h, w) = (index / self.width, index % self.width);
        let (x, y) = match self.x_axis {
            Axis::H => (h, w),
            Axis::W => (w, h),
        };
        (x, self.ny - 1 - y)
    }

    /// Whole pixels a cell takes along x and y, so that the longer side of the plane comes near
    /// `side` pixels and lengths along x and y compare as they do in space.
    pub(crate) fn pixels(&self, side: usize) -> (usize, usize) {
        let (cell_x, cell_y) = (self.extent.0 / self.nx as f64, self.extent.1 / self.ny as f64);
        let finer = cell_x.min(cell_y);
        let longer = self.extent.0.max(self.extent.1) / finer;
        let unit = ((side as f64 / longer).floor()).max(1.0);
        ((unit * cell_x / finer).round() as usize, (unit * cell_y / finer).round() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_field::Boundary;
    use proptest::prelude::*;

    fn view(height: usize, width: usize, x_axis: Axis, dx: f64, dy: f64) -> View {
        let grid = Grid { x_axis, dx, dy, boundary: Boundary::Open };
        View::new(height, width, &grid, "").unwrap()
    }

    proptest! {
        #[test]
        fn place_inverts_cell(height in 1usize..9, width in 1usize..9, along_h in any::<bool>()) {
            let view = view(height, width, if along_h { Axis::H } else { Axis::W }, 1.0, 1.0);
            for row in 0..view.ny {
                for column in 0..view.nx {
                    prop_assert_eq!(view.place(view.cell(column, row)), (column, row));
                }
            }
        }
    }

    #[test]
    fn the_origin_is_bottom_left_and_the_last_entry_top_right() {
        for x_axis in [Axis::H, Axis::W] {
            let view = view(3, 5, x_axis, 1.0, 1.0);
            assert_eq!(view.place(0), (0, view.ny - 1));
            assert_eq!(view.place(14), (view.nx - 1, 0));
        }
    }

    #[test]
    fn pixels_are_whole_and_keep_proportions() {
        assert_eq!(view(199, 399, Axis::W, 0.02, 0.02).pixels(400), (1, 1));
        assert_eq!(view(64, 64, Axis::H, 0.1, 0.1).pixels(256), (4, 4));
        assert_eq!(view(10, 10, Axis::W, 0.2, 0.1).pixels(40), (4, 2));
        assert_eq!(view(2000, 2000, Axis::W, 1.0, 1.0).pixels(256), (1, 1));
    }

    #[test]
    fn spacings_must_be_positive() {
        let grid = Grid { x_axis: Axis::H, dx: 0.0, dy: 1.0, boundary: Boundary::Open };
        let message = View::new(2, 2, &grid, "wake").unwrap_err().to_string();
        assert!(message.contains("wake") && message.contains("dx is 0"), "{message}");
    }
}
