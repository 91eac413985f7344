//! The attributes of a file that holds fields of a prior's.

use crate::{Prior, PriorError};
use equipoise_data::Field;
use equipoise_data::store::Writer;
use equipoise_field::{Axis, Boundary};

impl Prior {
    /// Sets the attributes that a data file of this flow has: axes NTCHW, kind, `t_first` the time of the first
    /// frame, and what the training file states of orientation, border, spacings, coordinates, units and the
    /// cylinder of a wake; and the dataset `mask` where there is one. A default that was taken for want of an attribute is not written as if it were stated.
    ///
    /// # Errors
    /// [`PriorError::Data`] naming the file.
    pub fn describe(&self, writer: &Writer, t_first: f64) -> Result<(), PriorError> {
        let (grid, at, units) = (self.about.grid, self.about.coordinates, &self.about.particulars.units);
        let stated = |field: Field| self.about.particulars.stated.contains(&field);
        let (h, w) = if grid.x_axis == Axis::H { ("x", "y") } else { ("y", "x") };
        let boundary = if grid.boundary == Boundary::Periodic { "periodic" } else { "open" };
        let (turned, bordered) = (stated(Field::Orientation), stated(Field::Boundary));
        let components = match self.components() {
            names if names == ["u", "v"] => "u (along x), v (along y)".to_owned(),
            names => names.join(", "),
        };
        for (name, text) in [
            ("axes", Some("NTCHW")),
            ("kind", Some(&*self.about.kind.to_string())),
            ("H_axis", turned.then_some(h)),
            ("W_axis", turned.then_some(w)),
            ("boundary", bordered.then_some(boundary)),
            ("channels", Some(&*components)),
            ("units", units.velocity.as_deref()),
            ("length_units", units.length.as_deref()),
            ("time_units", units.time.as_deref()),
        ] {
            text.map_or(Ok(()), |text| writer.set_text(name, text))?;
        }
        writer.set_numbers("t_first", &[t_first])?;
        for (name, field, number) in [
            ("dx", Field::Dx, grid.dx),
            ("dy", Field::Dy, grid.dy),
            ("x_first", Field::XFirst, at.x_first),
            ("y_first", Field::YFirst, at.y_first),
            ("dt", Field::TimeStep, at.time_step),
        ] {
            if stated(field) {
                writer.set_numbers(name, &[number])?;
            }
        }
        if let Some(mask) = self.normalizer.mask() {
            writer.write_mask(mask)?;
        }
        if let Some(cylinder) = &self.about.geometry {
            writer.set_numbers("cylinder_center_px", &[cylinder.center_row, cylinder.center_column])?;
            writer.set_numbers("cylinder_radius_px", &[cylinder.radius])?;
            if stated(Field::Inflow) {
                writer.set_numbers("inflow", &[cylinder.inflow])?;
            }
        }
        Ok(())
    }
}
