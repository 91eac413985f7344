//! What a file says that holds fields of a prior's.

use crate::{Prior, Result};
use equipoise_data::exchange::{Fields, Known, Stored};
use equipoise_data::store::Writer;
use equipoise_data::{Attribute, Field};
use equipoise_field::{Axis, Boundary, Grid, Shape};

impl Prior {
    /// Sets the attributes that a data file of this flow has: axes NTCHW, those of [`told`](Self::told), `t_first` the time
    /// of the first frame; and the dataset `mask` where there is one.
    ///
    /// # Errors
    /// [`PriorError::Data`](crate::PriorError::Data) naming the file.
    pub fn describe(&self, writer: &Writer, t_first: f64) -> Result<()> {
        writer.set_text("axes", "NTCHW")?;
        for (name, value) in self.told(t_first) {
            match value {
                Attribute::Numbers(numbers) => writer.set_numbers(name, &numbers)?,
                other => writer.set_text(name, other.as_text().unwrap_or_default())?,
            }
        }
        if let Some(mask) = self.normalizer.mask() {
            writer.write_mask(mask)?;
        }
        Ok(())
    }

    /// What the training file states of kind, orientation, border, spacings, coordinates, units and the cylinder of a
    /// wake. A default that was taken for want of an attribute is not told as if it were stated.
    pub fn told(&self, t_first: f64) -> Vec<(&'static str, Attribute)> {
        let (grid, at, units) = (self.about.grid, self.about.coordinates, &self.about.particulars.units);
        let stated = |field: Field| self.about.particulars.stated.contains(&field);
        let (h, w) = if grid.x_axis == Axis::H { ("x", "y") } else { ("y", "x") };
        let boundary = if grid.boundary == Boundary::Periodic { "periodic" } else { "open" };
        let (turned, bordered) = (stated(Field::Orientation), stated(Field::Boundary));
        let components = match self.components() {
            names if names == ["u", "v"] => "u (along x), v (along y)".to_owned(),
            names => names.join(", "),
        };
        let texts = [
            ("kind", Some(&*self.about.kind.to_string())),
            ("H_axis", turned.then_some(h)),
            ("W_axis", turned.then_some(w)),
            ("boundary", bordered.then_some(boundary)),
            ("channels", Some(&*components)),
            ("units", units.velocity.as_deref()),
            ("length_units", units.length.as_deref()),
            ("time_units", units.time.as_deref()),
        ]
        .map(|(name, text)| Some((name, Attribute::Text(text?.to_owned()))));
        let numbers = [
            ("dx", Field::Dx, grid.dx),
            ("dy", Field::Dy, grid.dy),
            ("x_first", Field::XFirst, at.x_first),
            ("y_first", Field::YFirst, at.y_first),
            ("dt", Field::TimeStep, at.time_step),
        ]
        .map(|(name, field, number)| stated(field).then(|| (name, Attribute::Numbers(vec![number]))));
        let first = [("t_first", Attribute::Numbers(vec![t_first]))];
        let mut all: Vec<_> = texts.into_iter().flatten().chain(first).collect();
        all.extend(numbers.into_iter().flatten());
        if let Some(cylinder) = &self.about.geometry {
            let centre = vec![cylinder.center_row, cylinder.center_column];
            all.push(("cylinder_center_px", Attribute::Numbers(centre)));
            all.push(("cylinder_radius_px", Attribute::Numbers(vec![cylinder.radius])));
            if stated(Field::Inflow) {
                all.push(("inflow", Attribute::Numbers(vec![cylinder.inflow])));
            }
        }
        all
    }

    /// Fields of this prior's for other programs, without any yet: over so many frames, the first at `t_first`, with
    /// [`told`](Self::told) and `provenance`.
    pub fn exchanged(
        &self,
        frames: usize,
        t_first: f64,
        provenance: Attribute,
        stored: Stored,
    ) -> Fields<'_> {
        let stated = |field: Field| self.about.particulars.stated.contains(&field);
        // A convention that fixes the size of the domain fixes the spacing.
        let placed = stated(Field::Dx) || self.about.kind.convention().side.is_some();
        let mut attributes = self.told(t_first);
        attributes.retain(|(name, _)| *name != "units" && *name != "channels");
        if placed && !stated(Field::Dx) {
            let Grid { dx, dy, .. } = self.about.grid;
            attributes
                .extend([("dx", dx), ("dy", dy)].map(|(name, step)| (name, Attribute::Numbers(vec![step]))));
        }
        attributes.push(("provenance", provenance));
        Fields {
            shape: Shape { frames, ..self.shape },
            grid: self.about.grid,
            coordinates: self.about.coordinates,
            t_first,
            known: Known {
                spacing: placed,
                first: [stated(Field::XFirst), stated(Field::YFirst)],
                time: stated(Field::TimeStep),
            },
            components: self.components(),
            velocities: self.velocities(),
            units: self.about.particulars.units.clone(),
            mask: self.normalizer.mask(),
            members: Vec::new(),
            indices: Vec::new(),
            weights: None,
            mean: None,
            std: None,
            attributes,
            stored,
        }
    }
}
