//! The attributes of a file that holds fields of a prior's.

use crate::{Prior, PriorError};
use equipoise_data::store::Writer;
use equipoise_field::{Axis, Boundary};

impl Prior {
    /// Sets the attributes that a data file of this flow has: axes NTCHW, kind, orientation, spacings,
    /// coordinates with `t_first` the time of the first frame, and the cylinder of a wake.
    ///
    /// # Errors
    /// [`PriorError::Data`] naming the file.
    pub fn describe(&self, writer: &Writer, t_first: f64) -> Result<(), PriorError> {
        let (grid, at) = (self.grid, self.coordinates);
        let (h, w) = if grid.x_axis == Axis::H { ("x", "y") } else { ("y", "x") };
        let boundary = if grid.boundary == Boundary::Periodic { "periodic" } else { "open" };
        for (name, text) in [
            ("axes", "NTCHW"),
            ("kind", &self.kind.to_string()),
            ("H_axis", h),
            ("W_axis", w),
            ("boundary", boundary),
            ("channels", "u (along x), v (along y)"),
        ] {
            writer.set_text(name, text)?;
        }
        for (name, number) in [
            ("dx", grid.dx),
            ("dy", grid.dy),
            ("x_first", at.x_first),
            ("y_first", at.y_first),
            ("dt", at.time_step),
            ("t_first", t_first),
        ] {
            writer.set_numbers(name, &[number])?;
        }
        if let Some(cylinder) = &self.geometry {
            writer.set_numbers("cylinder_center_px", &[cylinder.center_row, cylinder.center_column])?;
            writer.set_numbers("cylinder_radius_px", &[cylinder.radius])?;
            writer.set_numbers("inflow", &[cylinder.inflow])?;
        }
        Ok(())
    }
}
