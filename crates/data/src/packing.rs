//! Packed numbers and stand-ins for missing ones, by the attributes of the CF conventions.

use crate::attribute::{Attribute, Attributes, Place};
use crate::storage::Element;
use crate::{DataError, Result};
use std::path::Path;

/// The attributes that give a value for what is missing, in the order in which they are asked.
const STAND_INS: [&str; 2] = ["_FillValue", "missing_value"];

/// Attributes that the netCDF library leaves on the root, and on datasets.
const NETCDF: [(Place, &str); 3] = [
    (Place::Root, "_NCProperties"),
    (Place::Dataset, "_Netcdf4Dimid"),
    (Place::Dataset, "_Netcdf4Coordinates"),
];

/// The attributes that give the range of what is valid.
const RANGES: [&str; 3] = ["valid_range", "valid_min", "valid_max"];

/// Bits of the NaN that marks a missing number, plus its place in [`missing_by`].
const MISSING: u32 = 0x7fc0_0100;

/// How the numbers of a dataset stand for those of a field: `scale_factor`·p + `add_offset`, and which p stand
/// for nothing.
///
/// Cells that hold nothing become NaNs that tell by which attribute, see [`missing_by`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Packing {
    element: Element,
    scale: Option<f64>,
    offset: Option<f64>,
    /// For each attribute of [`STAND_INS`], the packed values that it names; then netCDF's default.
    stand_ins: [Vec<f64>; 3],
    /// The least and the greatest packed value that is valid.
    valid: [f64; 2],
}

impl Packing {
    /// Of a dataset.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`] for what cannot be applied; [`DataError::ElementType`] for integers that are
    /// not said to be packed.
    pub(crate) fn of(path: &Path, variable: &str, element: Element, attributes: &Attributes) -> Result<Self> {
        for name in ["scale_factor", "add_offset"] {
            if attributes.at(Place::Dataset, name).is_none()
                && let Some(found) = attributes.at(Place::Root, name)
            {
                let expected = format!("it on the dataset `{variable}`, not on the file");
                return Err(DataError::attribute(path, name, found, expected));
            }
        }
        let scale = number(path, attributes, "scale_factor")?;
        let offset = number(path, attributes, "add_offset")?;
        if scale == Some(0.0) {
            return Err(DataError::attribute(path, "scale_factor", "[0.0]", "a number other than 0"));
        }
        if let Element::Integer { signed, .. } = element {
            if scale.or(offset).is_none() {
                return Err(Element::refused(path, variable, element.name().into()));
            }
            check_unsigned(path, attributes, signed)?;
        }
        let mut stand_ins = [const { Vec::new() }; 3];
        for (values, name) in stand_ins.iter_mut().zip(STAND_INS) {
            *values = numbers(path, attributes, name)?;
        }
        let netcdf = NETCDF.iter().any(|(place, name)| attributes.at(*place, name).is_some());
        if stand_ins[0].is_empty() && netcdf {
            stand_ins[2].extend(unwritten(element));
        }
        Ok(Self { element, scale, offset, stand_ins, valid: valid(path, attributes)? })
    }

    /// The type in the file.
    pub(crate) fn element(&self) -> Element {
        self.element
    }

    /// Whether numbers are read as f64 and scaled before they become f32.
    pub(crate) fn is_scaled(&self) -> bool {
        self.scale.or(self.offset).is_some()
    }

    /// Whether every number of the file stands for itself.
    fn is_plain(&self) -> bool {
        !self.is_scaled()
            && self.stand_ins.iter().all(Vec::is_empty)
            && self.valid == [f64::NEG_INFINITY, f64::INFINITY]
    }

    /// A sentence on what was applied.
    pub(crate) fn note(&self) -> Option<String> {
        self.is_scaled().then(|| {
            let (scale, offset) = (self.scale.unwrap_or(1.0), self.offset.unwrap_or(0.0));
            format!("packed numbers are scaled: `scale_factor` {scale}, `add_offset` {offset}")
        })
    }

    /// Marks what is missing among numbers that were read as f32 and are not scaled.
    pub(crate) fn mark(&self, values: &mut [f32]) {
        if self.is_plain() {
            return;
        }
        for value in values {
            if let Some(missing) = self.missing(f64::from(*value)) {
                *value = missing;
            }
        }
    }

    /// The numbers of the field from packed ones.
    pub(crate) fn unpack(&self, packed: &[f64]) -> Vec<f32> {
        let (scale, offset) = (self.scale.unwrap_or(1.0), self.offset.unwrap_or(0.0));
        packed.iter().map(|p| self.missing(*p).unwrap_or((scale * p + offset) as f32)).collect()
    }

    fn missing(&self, packed: f64) -> Option<f32> {
        // An f64 attribute on f32 numbers holds what the writer typed, not what the file can hold.
        let near = |value: &f64| {
            value.total_cmp(&packed).is_eq()
                || (value - packed).abs() <= self.element.epsilon() * value.abs()
                || value.is_nan() && packed.is_nan()
        };
        let by = self.stand_ins.iter().position(|values| values.iter().any(near));
        let by = by.or((packed < self.valid[0] || packed > self.valid[1]).then_some(self.stand_ins.len()));
        by.map(|by| f32::from_bits(MISSING + by as u32))
    }
}

/// Unpacks numbers along an axis; those that an attribute says to be missing become NaN.
///
/// # Errors
/// [`DataError::AttributeValue`] for what cannot be applied.
pub(crate) fn unpack_ticks(path: &Path, attributes: &Attributes, values: &mut [f64]) -> Result<()> {
    let scale = number(path, attributes, "scale_factor")?.unwrap_or(1.0);
    let offset = number(path, attributes, "add_offset")?.unwrap_or(0.0);
    let mut missing: Vec<f64> = Vec::new();
    for name in STAND_INS {
        if let Some(Attribute::Numbers(numbers)) = attributes.at(Place::Dataset, name) {
            missing.extend(numbers);
        }
    }
    for value in values {
        let lacks = missing.iter().any(|m| m.total_cmp(value).is_eq());
        *value = if lacks { f64::NAN } else { scale * *value + offset };
    }
    Ok(())
}

/// Where a file of vectors holds none.
pub(crate) fn unmeasured() -> f32 {
    f32::from_bits(MISSING + 4)
}

/// What says that a number is missing; `None` for any other number.
pub(crate) fn missing_by(value: f32) -> Option<&'static str> {
    let by = value.to_bits().checked_sub(MISSING)?;
    let all = [
        "attribute `_FillValue`",
        "attribute `missing_value`",
        "netCDF's default fill value",
        "attribute `valid_range`, `valid_min` or `valid_max`",
        "a flag, a mask, a vector of exactly 0 or the lack of any (to use the others as readings, pass the file to --obs)",
    ];
    all.get(by as usize).copied()
}

/// What netCDF reads where packed integers were never written and no attribute names another value; bytes have
/// no such value.
fn unwritten(element: Element) -> Option<f64> {
    match element {
        Element::Integer { bits: bits @ (16 | 32 | 64), signed } => {
            let size = 2.0f64.powi(bits as i32);
            let last = if bits == 64 { 2.0 } else { 1.0 };
            Some(if signed { last - size / 2.0 } else { size - last })
        }
        _ => None,
    }
}

/// One finite number of the dataset.
fn number(path: &Path, attributes: &Attributes, name: &str) -> Result<Option<f64>> {
    match attributes.at(Place::Dataset, name) {
        None => Ok(None),
        Some(Attribute::Numbers(found)) if found.len() == 1 && found[0].is_finite() => Ok(Some(found[0])),
        Some(found) => Err(DataError::attribute(path, name, found, "1 finite number(s)")),
    }
}

/// The numbers of an attribute of the dataset or else of the file; some writers put them down as texts.
fn numbers(path: &Path, attributes: &Attributes, name: &str) -> Result<Vec<f64>> {
    let Some(found) = attributes.get(name) else { return Ok(Vec::new()) };
    let read = match found {
        Attribute::Numbers(numbers) => Some(numbers.clone()),
        Attribute::Text(text) => text.split(',').map(|part| part.trim().parse().ok()).collect(),
        Attribute::Unread(_) => None,
    };
    read.ok_or_else(|| DataError::attribute(path, name, found, "numbers in the units of the file"))
}

fn valid(path: &Path, attributes: &Attributes) -> Result<[f64; 2]> {
    let mut valid = [f64::NEG_INFINITY, f64::INFINITY];
    for (name, ends) in RANGES.into_iter().zip([0..2, 0..1, 1..2]) {
        let found = numbers(path, attributes, name)?;
        if found.is_empty() {
            continue;
        }
        if found.len() != ends.len() || found.iter().any(|x| x.is_nan()) {
            let (found, expected) = (Attribute::Numbers(found), format!("{} number(s)", ends.len()));
            return Err(DataError::attribute(path, name, found, expected));
        }
        valid[ends].copy_from_slice(&found);
    }
    if valid[0] > valid[1] {
        return Err(DataError::attribute(
            path,
            "valid_range",
            format!("{valid:?}"),
            "the smaller number first",
        ));
    }
    Ok(valid)
}

/// NetCDF's older types have no unsigned integers; an attribute says that signed ones are meant so.
fn check_unsigned(path: &Path, attributes: &Attributes, signed: bool) -> Result<()> {
    let name = "_Unsigned";
    match attributes.at(Place::Dataset, name) {
        Some(Attribute::Text(text)) if text.eq_ignore_ascii_case("false") == signed => Ok(()),
        Some(found) => {
            let stored = if signed { "signed" } else { "unsigned" };
            Err(DataError::attribute(
                path,
                name,
                found,
                format!("{stored} integers to be meant as they are stored"),
            ))
        }
        None => Ok(()),
    }
}
