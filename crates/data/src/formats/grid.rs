//! Coordinates of a field, taken for the attributes that state its grid.

use crate::attribute::Attribute;
use crate::kind::FORMAT;
use crate::source::Header;
use crate::ticks::{EVEN, Ticks};
use crate::unit::Unit;
use crate::{DataError, Result, Suspicion};
use equipoise_field::Axis;
use std::path::Path;

/// A direction of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    X,
    Y,
}

impl Direction {
    pub(super) const BOTH: [Self; 2] = [Self::X, Self::Y];

    /// The letter of an axis order.
    pub(super) fn letter(self) -> u8 {
        match self {
            Self::X => b'X',
            Self::Y => b'Y',
        }
    }

    /// The attributes of the step and of the first point.
    pub(super) fn attributes(self) -> [&'static str; 2] {
        match self {
            Self::X => ["dx", "x_first"],
            Self::Y => ["dy", "y_first"],
        }
    }
}

impl Header {
    /// Takes the name of the format, and the order of axes that it has, where no attribute states one.
    pub(super) fn take_format(&mut self, name: &str) {
        self.attributes.state(FORMAT, Attribute::Text(name.into()));
        if !["axes", "shape_description", "dims"].iter().any(|name| self.attributes.has(name)) {
            self.attributes.state("dims", Attribute::Text(self.order.to_string()));
        }
    }

    /// Takes the coordinates of points for attributes where none states them.
    ///
    /// # Errors
    /// [`DataError::UnevenSpacing`]; [`DataError::AttributeValue`] where an attribute states another grid.
    pub(super) fn take_places(&mut self, path: &Path, direction: Direction, ticks: &Ticks) -> Result<()> {
        let [_, _, _, height, width] = self.shape;
        let along_h = (self.order.x_axis() == Some(Axis::H)) == (direction == Direction::X);
        let points = if along_h { height } else { width };
        if ticks.shape[..] != [points] || ticks.values.is_none() {
            let (name, found) = (&ticks.name, &ticks.shape);
            self.notes.push(format!(
                "coordinate `{name}` is not used: found {found:?} numbers for {points} points"
            ));
            return Ok(());
        }
        let Some((first, step)) = ticks.even(path)? else { return Ok(()) };
        for (name, value) in direction.attributes().into_iter().zip([step, first]) {
            let (within, by) = (EVEN * step.abs() + ticks.rounding(), format!("coordinate `{}`", ticks.name));
            self.attributes.agree(path, name, value, within, &by)?;
        }
        if let (Some(units), Some(stated)) = (&ticks.units, self.attributes.text(path, "length_units")?)
            && Unit::differ(units, stated)
        {
            let name = format!("{}, units", ticks.name);
            return Err(DataError::attribute(path, &name, units, format!("{stated}, as of the other axis")));
        }
        if let Some(units) = ticks.units.as_ref().filter(|_| !self.attributes.has("length_units")) {
            self.attributes.state("length_units", Attribute::Text(units.clone()));
            if units.starts_with("degree") && direction == Direction::X {
                self.warnings.push(Suspicion::Degrees { units: units.as_str().into() });
            }
        }
        Ok(())
    }

    /// Takes a border rule where no attribute states one.
    pub(super) fn take_boundary(&mut self, periodic: bool) {
        if !self.attributes.has("boundary") && !self.attributes.has("domain") {
            let rule = if periodic { "periodic" } else { "open" };
            self.attributes.state("boundary", Attribute::Text(rule.into()));
        }
    }
}
