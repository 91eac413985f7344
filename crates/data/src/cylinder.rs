//! The circular cylinder of a wake: which points are solid, and how far the surface is.

use crate::{Attributes, DataError, Result};
use equipoise_field::Grid;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A circular cylinder on a grid of square cells, H = y, W = x.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CylinderGeometry {
    /// Row of the centre, in grid points, counted from 0; need not be whole.
    pub center_row: f64,
    /// Column of the centre.
    pub center_column: f64,
    /// Radius in grid points.
    pub radius: f64,
    /// Length of one grid step, in the data's unit of length.
    pub spacing: f64,
    /// U, the speed of the uniform inflow along x, in physical units.
    pub inflow: f64,
}

impl CylinderGeometry {
    /// Reads `cylinder_center_px` (row, column), `cylinder_radius_px` and `inflow`; `None` with a
    /// note when the first two are missing.
    pub(crate) fn from_attributes(
        path: &Path,
        attributes: &Attributes,
        grid: &Grid,
        [height, width]: [usize; 2],
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>> {
        let center = attributes.numbers::<2>(path, "cylinder_center_px")?;
        let radius = attributes.positive(path, "cylinder_radius_px")?;
        let (Some([center_row, center_column]), Some(radius)) = (center, radius) else {
            notes.push("no attributes `cylinder_center_px` and `cylinder_radius_px`: no geometry".into());
            return Ok(None);
        };
        let inside = |x: f64, length: usize| (0.0..length as f64).contains(&x);
        if !(inside(center_row, height) && inside(center_column, width)) {
            let found = format!("({center_row}, {center_column})");
            let expected = format!("(row, column) on a grid of {height} x {width} points");
            return Err(DataError::attribute(path, "cylinder_center_px", found, expected));
        }
        let inflow = match attributes.numbers::<1>(path, "inflow")? {
            Some([inflow]) => inflow,
            None => {
                notes.push("no attribute `inflow`: the inflow speed is taken as 1".into());
                1.0
            }
        };
        Ok(Some(Self { center_row, center_column, radius, spacing: grid.dx, inflow }))
    }

    /// Whether each point of an (H, W) plane is solid: at most one radius from the centre.
    pub fn mask(&self, height: usize, width: usize) -> Vec<bool> {
        let solid = |i: usize| self.encloses((i / width) as f64, (i % width) as f64);
        (0..height * width).map(solid).collect()
    }

    /// Whether a place, in rows and columns that need not be whole, is solid.
    pub fn encloses(&self, row: f64, column: f64) -> bool {
        self.gap(row, column) <= 0.0
    }

    /// Whether a place is solid or less than two grid points from the surface.
    pub(crate) fn is_near(&self, row: f64, column: f64) -> bool {
        self.gap(row, column) < 2.0
    }

    /// Signed distance to the surface in grid points.
    fn gap(&self, row: f64, column: f64) -> f64 {
        (row - self.center_row).hypot(column - self.center_column) - self.radius
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYLINDER: CylinderGeometry =
        CylinderGeometry { center_row: 99.0, center_column: 49.0, radius: 25.0, spacing: 0.02, inflow: 1.0 };

    /// The number of lattice points with a² + b² ≤ 25² is 1961 (Gauss circle problem, A000328).
    #[test]
    fn the_mask_counts_the_gauss_circle() {
        let mask = CYLINDER.mask(199, 399);
        assert_eq!(mask.iter().filter(|&&solid| solid).count(), 1961);
        assert!(mask[99 * 399 + 49] && mask[99 * 399 + 74] && !mask[99 * 399 + 75]);
    }
}
