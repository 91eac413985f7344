//! Numbers with a unit: spacings, places, times, speeds.

use super::odd::{digits, power_of_ten};
use super::{Comparison, Outcome};
use crate::unit::Unit;
use crate::{CylinderGeometry, Field, Result};
use equipoise_field::{Axis, Boundary};

/// Relative difference of two numbers up to which they are one number written twice, in f32 or with few digits.
pub(super) const ROUNDING: f64 = 1e-4;

/// The same for places, in cells.
const CELLS: f64 = 1e-3;

impl Comparison<'_> {
    /// What velocities, lengths and times are multiplied with.
    pub(super) fn units(&mut self) -> Result<[f64; 3]> {
        let (data, reference) = (&self.data.particulars.units, &self.reference.particulars.units);
        Ok([
            self.unit("velocity", data.velocity.as_deref(), reference.velocity.as_deref())?,
            self.unit("length", data.length.as_deref(), reference.length.as_deref())?,
            self.unit("time", data.time.as_deref(), reference.time.as_deref())?,
        ])
    }

    fn unit(&mut self, of: &str, found: Option<&str>, expected: Option<&str>) -> Result<f64> {
        let name = format!("unit of {of}");
        let (found, expected) = match (found, expected) {
            (Some(found), Some(expected)) => (found, expected),
            (None, Some(_)) => {
                self.taken.push(name);
                return Ok(1.0);
            }
            (Some(found), None) => {
                self.unheard.push([name, found.into(), "taken as the same".into()]);
                return Ok(1.0);
            }
            (None, None) => return Ok(1.0),
        };
        let other = self.reference.path.display();
        match (Unit::parse(found), Unit::parse(expected)) {
            _ if found == expected => Ok(1.0),
            (Some(own), Some(theirs)) => {
                let Some(factor) = own.to(&theirs) else {
                    self.mismatch(&name, found.into(), expected.into(), "")?;
                    return Ok(1.0);
                };
                if factor.to_bits() != 1f64.to_bits() {
                    self.note(&format!("{name} {found}, converted to {expected} as in {other}"));
                }
                Ok(factor)
            }
            _ => {
                self.warn(&format!("{name} {found:?}, {other} has {expected:?}: taken as the same"));
                Ok(1.0)
            }
        }
    }

    /// Compares two numbers, `found` in the reference's unit. Whether the reference's is to be taken.
    fn number(
        &mut self,
        field: Field,
        found: f64,
        expected: f64,
        tolerance: f64,
        way_out: &str,
    ) -> Result<bool> {
        let near = (found - expected).abs() <= tolerance;
        match self.stated(field) {
            [true, true] if !near => {
                self.mismatch(&field.to_string(), found.to_string(), expected.to_string(), way_out)?;
            }
            [true, false] if !near => {
                self.unheard.push([field.to_string(), found.to_string(), format!("taken as {expected}")]);
            }
            [false, true] => {
                if !near {
                    self.take(field);
                }
                return Ok(true);
            }
            _ => {}
        }
        Ok(false)
    }

    pub(super) fn places(&mut self, unit: f64) -> Outcome {
        let (own, theirs) = (self.data.grid, self.reference.grid);
        for (field, found, expected) in [(Field::Dx, own.dx, theirs.dx), (Field::Dy, own.dy, theirs.dy)] {
            let found = found * unit;
            let taken = self.number(
                field,
                found,
                expected,
                ROUNDING * expected,
                &power_of_ten(found / expected, "length"),
            )?;
            let value = if taken { expected } else { found };
            *(if field == Field::Dx { &mut self.conversion.grid.dx } else { &mut self.conversion.grid.dy }) =
                value;
        }
        let (own, at) = (self.data.coordinates, self.reference.coordinates);
        let x_axis = theirs.x_axis;
        let length =
            |along_h: bool| if along_h { self.reference.frame.height } else { self.reference.frame.width };
        let lengths = [length(x_axis == Axis::H), length(x_axis == Axis::W)];
        let periodic =
            self.conversion.grid.boundary == Boundary::Periodic && theirs.boundary == Boundary::Periodic;
        for (i, field, found, expected, step) in [
            (0, Field::XFirst, own.x_first * unit, at.x_first, theirs.dx),
            (1, Field::YFirst, own.y_first * unit, at.y_first, theirs.dy),
        ] {
            let cells = (found - expected) / step;
            let whole = (cells - cells.round()).abs() <= CELLS;
            if periodic && whole && self.stated(field) == [true, true] {
                let shift = (cells.round() as i64).rem_euclid(lengths[i] as i64);
                if shift != 0 {
                    self.conversion.shift[i] = shift as isize;
                    let other = self.reference.path.display();
                    self.note(&format!(
                        "{field} {found}, shifted around the period to {expected} as in {other}"
                    ));
                }
                continue;
            }
            let way_out = if periodic {
                format!("{} cells apart, no whole number", digits(cells))
            } else {
                String::new()
            };
            self.number(field, found, expected, CELLS * step, &way_out)?;
        }
        Ok(())
    }

    pub(super) fn time_step(&mut self, unit: f64, window: usize) -> Outcome {
        let (found, expected) =
            (self.data.coordinates.time_step * unit, self.reference.coordinates.time_step);
        let (own, other) = (self.data.path.display(), self.reference.path.display());
        let whole = |ratio: f64| {
            (ratio >= 1.5 && (ratio / ratio.round() - 1.0).abs() <= ROUNDING).then(|| ratio.round())
        };
        let way_out = if let Some(stride) = whole(expected / found) {
            format!("one frame in {stride} of {own} would agree")
        } else if let Some(stride) = whole(found / expected) {
            format!("one frame in {stride} of the data of {other} would agree")
        } else {
            String::new()
        };
        let tolerance = ROUNDING * expected;
        if window == 1 && self.stated(Field::TimeStep) == [true, true] {
            if (found - expected).abs() > tolerance {
                self.warn(&format!(
                    "time step {found}, in {other} {expected}: single frames are compared all the same"
                ));
            }
            return Ok(());
        }
        self.number(Field::TimeStep, found, expected, tolerance, &way_out).map(|_| ())
    }

    pub(super) fn cylinder(&mut self, unit: f64) -> Outcome {
        let other = self.reference.path.display();
        let (own, theirs) = match (self.data.geometry, self.reference.geometry) {
            (Some(own), Some(theirs)) => (own, theirs),
            (None, Some(_)) => {
                self.taken.push("cylinder".into());
                self.conversion.geometry = self.reference.geometry;
                return Ok(());
            }
            (Some(_), None) => {
                self.warn(&format!("has a cylinder, {other} has none"));
                return Ok(());
            }
            (None, None) => return Ok(()),
        };
        let round = |g: &CylinderGeometry| [g.center_row, g.center_column, g.radius];
        if round(&own).iter().zip(round(&theirs)).any(|(a, b)| (a - b).abs() > CELLS) {
            let words = |g: &CylinderGeometry| {
                let [row, column, radius] = round(g);
                format!("center (row {row}, column {column}), radius {radius} in grid points")
            };
            return self.mismatch("cylinder", words(&own), words(&theirs), "");
        }
        let (found, expected) = (own.inflow * unit, theirs.inflow);
        let way_out = power_of_ten(found / expected, "velocity");
        let taken = self.number(Field::Inflow, found, expected, ROUNDING * expected.abs(), &way_out)?;
        let inflow = if taken { expected } else { found };
        self.conversion.geometry = Some(CylinderGeometry { inflow, spacing: self.conversion.grid.dx, ..own });
        Ok(())
    }
}
