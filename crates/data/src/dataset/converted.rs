//! The same fields on the grid and in the units of another file.

use super::Dataset;
use crate::{CylinderGeometry, Field};
use equipoise_field::{Axis, Grid, Shape};

/// What is done to fields and to what is known of their grid.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conversion {
    /// H and W change places.
    pub(crate) transpose: bool,
    /// Cells by which fields move along x and y of a periodic grid: point j takes the value of point j − shift.
    pub(crate) shift: [isize; 2],
    /// What velocities are multiplied with.
    pub(crate) factor: f64,
    /// The grid afterwards.
    pub(crate) grid: Grid,
    /// The cylinder afterwards.
    pub(crate) geometry: Option<CylinderGeometry>,
    /// Defaults that gave way to values of the other file.
    pub(crate) taken: Vec<Field>,
}

impl Dataset {
    /// Converted; bits that need not change stay.
    pub(crate) fn converted(mut self, to: &Conversion) -> Self {
        if to.transpose {
            let Shape { height, width, .. } = self.series;
            self.rearrange(height, |i| i % height * width + i / height);
            self.series = Shape { height: width, width: height, ..self.series };
        }
        let [x, y] = to.shift;
        let (rows, columns) = if to.grid.x_axis == Axis::H { (x, y) } else { (y, x) };
        if (rows, columns) != (0, 0) {
            let Shape { height, width, .. } = self.series;
            let from = |i: usize, shift: isize, length: usize| {
                (i as isize - shift).rem_euclid(length as isize) as usize
            };
            self.rearrange(width, |i| {
                from(i / width, rows, height) * width + from(i % width, columns, width)
            });
        }
        if to.factor.to_bits() != 1f64.to_bits() {
            self.values.iter_mut().for_each(|value| *value = (f64::from(*value) * to.factor) as f32);
        }
        self.notes.retain(|note| !to.taken.iter().any(|field| field.is_defaulted_by(note)));
        (self.grid, self.geometry) = (to.grid, to.geometry);
        self
    }

    /// With a further sentence on how it was read.
    pub(crate) fn noted(mut self, note: String) -> Self {
        self.notes.insert(0, note);
        self
    }

    /// Every cell of every plane, and of the mask, is taken from `from` its flat index; planes become `width` wide.
    fn rearrange(&mut self, width: usize, from: impl Fn(usize) -> usize) {
        let mut before = vec![0.0; self.series.plane()];
        for plane in self.values.chunks_exact_mut(before.len()) {
            before.copy_from_slice(plane);
            plane.iter_mut().enumerate().for_each(|(i, value)| *value = before[from(i)]);
        }
        self.mask = self.mask.take().map(|mask| mask.moved(width, from));
    }
}
