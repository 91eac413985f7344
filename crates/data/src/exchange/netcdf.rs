//! CF NetCDF-4: an HDF5 file whose dimensions have names.

use super::Fields;
use super::cf::{SPACE, Values, globals, variables};
use crate::store::{Existing, Reader, Writer};
use crate::{Attribute, Result};
use std::path::Path;

/// Whether a file was written so.
pub(super) fn is_own(path: &Path) -> bool {
    Reader::open(path).and_then(|file| file.text(SPACE[0])).is_ok_and(|space| space == SPACE[1])
}

pub(super) fn write(fields: &Fields<'_>, path: &Path, existing: Existing) -> Result<()> {
    let writer = Writer::create_ordered(path, existing)?;
    for (name, value) in globals(fields) {
        match value {
            Attribute::Text(text) => writer.set_text(name, &text)?,
            Attribute::Numbers(numbers) => writer.set_numbers(name, &numbers)?,
            Attribute::Unread(_) => {}
        }
    }
    let all = fields.dimensions();
    let length = |name: &str| all.iter().find(|d| d.name == name).map_or(0, |d| d.along.len());
    let dimensions = writer.dimensions(&all)?;
    for variable in variables(fields) {
        let (name, texts) = (variable.name.as_str(), &variable.texts);
        let shape: Vec<usize> = variable.dimensions.iter().map(|name| length(name)).collect();
        match &variable.values {
            Values::Planes { of, component } => {
                let numbers = |field: &&[f32]| {
                    let mut values = Vec::with_capacity(fields.shape.frames * fields.shape.plane());
                    (0..fields.shape.frames).for_each(|t| fields.plane(field, t, *component, &mut values));
                    values
                };
                writer.write_in_parts(name, &shape, of.iter().map(numbers))?;
                if fields.mask.is_some() {
                    writer.set_missing_of(name)?;
                }
            }
            Values::Reals(numbers) => writer.write(name, &shape, numbers)?,
            Values::Flags(flags) => writer.write_flags(name, &shape, flags)?,
        }
        for (key, text) in texts {
            writer.set_text_of(name, key, text)?;
        }
        dimensions.attach(name, &variable.dimensions)?;
    }
    dimensions.finish()?;
    writer.finish()
}
