//! Every n-th point of the planes of a dataset.

use crate::{CylinderGeometry, DataError, Dataset, Mask, Remark, Result};
use equipoise_field::{Boundary, Grid, Shape};
use std::path::Path;

impl Dataset {
    /// Every how many points of the file stand here, along H and along W.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Every `stride`-th point along H and W, from the first on, with spacings, cylinder and mask of the grid that
    /// these make, and a note.
    ///
    /// # Errors
    /// [`DataError::Stride`] for 0, for one that leaves fewer than two points along an axis or no cell with flow, and on
    /// periodic borders for one that does not divide the grid.
    pub fn thinned(mut self, stride: usize) -> Result<Self> {
        let Shape { height, width, .. } = self.series;
        let refused = |expected: &str| {
            let path = self.path.clone();
            Err(DataError::Stride { path, found: stride, height, width, expected: expected.to_owned() })
        };
        let [high, wide] = [height, width].map(|points| points.div_ceil(stride.max(1)));
        if stride == 0 || (stride > 1 && high.min(wide) < 2) {
            return refused("at least 1, and two points left along both axes");
        }
        let divides = height.is_multiple_of(stride) && width.is_multiple_of(stride);
        if self.grid.boundary == Boundary::Periodic && !divides {
            return refused("a divisor of both: the borders are periodic");
        }
        if stride == 1 {
            return Ok(self);
        }
        let kept = |i: usize| i / wide * stride * width + i % wide * stride;
        let thin = |plane: &[f32]| (0..high * wide).map(|i| plane[kept(i)]).collect::<Vec<f32>>();
        if let Some(mask) = &self.mask {
            let cells: Vec<bool> = (0..high * wide).map(|i| mask.cells()[kept(i)]).collect();
            if cells.iter().all(|hidden| *hidden) {
                return refused("one that leaves a cell without a mask");
            }
            self.mask = Mask::new(wide, cells);
        }
        self.values = self.values.chunks_exact(height * width).flat_map(thin).collect();
        self.series = Shape { height: high, width: wide, ..self.series };
        let n = stride as f64;
        self.grid = Grid { dx: n * self.grid.dx, dy: n * self.grid.dy, ..self.grid };
        self.geometry = self.geometry.map(|body| CylinderGeometry {
            center_row: body.center_row / n,
            center_column: body.center_column / n,
            radius: body.radius / n,
            spacing: n * body.spacing,
            ..body
        });
        self.stride *= stride;
        self.notes.push(format!(
            "one point in {stride} along H and W, from the first: {high} x {wide} of {height} x {width}"
        ));
        Ok(self)
    }

    /// Thinned by `stride`, with a note, where the H and W of `frame`, or its W and H, come of it; else as it is.
    /// `reference` has these, and states the stride.
    ///
    /// # Errors
    /// As [`thinned`](Self::thinned).
    pub fn thinned_as(
        self,
        stride: Option<usize>,
        frame: Shape,
        reference: &Path,
    ) -> Result<(Self, Option<Remark>)> {
        let (own, sides) = ([self.series.height, self.series.width], [frame.height, frame.width]);
        let is_of = |[a, b]: [usize; 2]| sides == [a, b] || sides == [b, a];
        match stride {
            Some(n) if n > 1 && self.stride == 1 && !is_of(own) && is_of(own.map(|all| all.div_ceil(n))) => {
                let (path, other) = (self.path.display(), reference.display());
                let text = format!("{path}: one point in {n} along H and W is taken, as in {other}");
                Ok((self.thinned(n)?, Some(Remark::Note(text))))
            }
            _ => Ok((self, None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Sample;
    use crate::{Kind, LoadOptions, Particulars, load};
    use equipoise_field::Axis;

    /// The points, the grid and the cylinder are those of the file: what lies in it does, and nothing else.
    #[test]
    fn every_second_point_lies_where_it_lay() {
        let whole = load(&Sample::IbpmTest.path().unwrap(), &LoadOptions::default()).unwrap();
        let half = whole.clone().thinned(2).unwrap();
        assert_eq!((half.shape(1).to_string().as_str(), half.stride()), ("(1, 2, 100, 200)", 2));
        let (all, kept) = (whole.window(0, 3, 1).unwrap(), half.window(0, 3, 1).unwrap());
        let [solid, thin] = [whole.solid().unwrap(), half.solid().unwrap()];
        for (i, j, c) in [(0, 0, 0), (99, 199, 1), (40, 30, 1), (50, 24, 0), (49, 25, 1)] {
            let [from, to] = [2 * i * 399 + 2 * j, i * 200 + j];
            assert_eq!(kept[c * 20_000 + to].to_bits(), all[c * 79_401 + from].to_bits());
            assert_eq!(thin[to], solid[from]);
        }
        assert_eq!(
            thin.iter().filter(|solid| **solid).count(),
            (0..20_000).filter(|i| solid[i / 200 * 2 * 399 + i % 200 * 2]).count()
        );
        assert!((half.grid().dx - 0.04).abs() < 1e-15 && half.notes().last().unwrap().contains("100 x 200"));
        assert_eq!(Particulars::of(&half).unwrap().stride, Some(2));
        assert_eq!(whole.clone().thinned(1).unwrap().values(), whole.values());
        let sides = |data: &Dataset, height, width| {
            let frame = Shape::new(3, 2, height, width);
            let (data, remark) = data.clone().thinned_as(Some(2), frame, Path::new("prior.h5")).unwrap();
            (data.shape(1).to_string(), remark.is_some())
        };
        assert_eq!(sides(&whole, 200, 100), ("(1, 2, 100, 200)".into(), true));
        assert_eq!(sides(&whole, 100, 199), ("(1, 2, 199, 399)".into(), false));
        assert_eq!(sides(&half, 50, 100), ("(1, 2, 100, 200)".into(), false));
        for stride in [0, 199] {
            let message = whole.clone().thinned(stride).unwrap_err().to_string();
            assert!(message.contains(&format!("found {stride}, expected at least 1")), "{message}");
        }
    }

    #[test]
    fn a_periodic_grid_is_thinned_by_what_divides_it_and_a_mask_with_it() {
        let grid = Grid { x_axis: Axis::H, dx: 1.0, dy: 1.0, boundary: Boundary::Periodic };
        let series = Shape::new(1, 1, 4, 6);
        let values = (0..24).map(|k| k as f32).collect();
        let data = Dataset::in_memory(Kind::GENERIC, grid, series, values).unwrap();
        let message = data.clone().thinned(3).unwrap_err().to_string();
        assert!(message.contains("stride of the points of 4 x 6: found 3, expected a divisor"), "{message}");
        let mask = |cells: &[usize]| Mask::new(6, (0..24).map(|i| cells.contains(&i)).collect()).unwrap();
        let half = data.clone().masked(mask(&[2, 3])).unwrap().thinned(2).unwrap();
        assert_eq!(half.values(), [0.0, 0.0, 4.0, 12.0, 14.0, 16.0]);
        assert_eq!(half.mask().unwrap().cells(), [false, true, false, false, false, false]);
        assert!(data.clone().masked(mask(&[1])).unwrap().thinned(2).unwrap().mask().is_none());
        let all = mask(&[0, 2, 4, 12, 14, 16]);
        assert!(data.masked(all).unwrap().thinned(2).is_err());
    }
}
