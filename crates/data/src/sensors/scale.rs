//! The units of vectors: stated in their file or beside it, and agreeing with each other.

use super::vectors::Lack;
use crate::unit::Unit;
use crate::{Attributes, DataError, Result};
use std::path::Path;

/// The unit of a quantity, and what its numbers are multiplied with.
pub(super) struct Scale {
    pub(super) unit: String,
    pub(super) factor: f64,
    from: Option<String>,
}

impl Scale {
    /// From the unit in the file, and from what is stated beside it.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`]; within, what is not stated.
    pub(super) fn of(
        path: &Path,
        stated: &Attributes,
        quantity: &str,
        own: Option<String>,
        [unit, scale]: [&str; 2],
    ) -> Result<Result<Self, Lack>> {
        let told = stated.text(path, unit)?.map(str::to_owned);
        let factor = stated.positive(path, scale)?;
        let (Some(to), from) = (told.clone().or_else(|| own.clone()), own) else {
            let examples = if quantity == "length" { "\"mm\" or \"px\"" } else { "\"mm/s\" or \"px/frame\"" };
            let found = format!("the unit of {quantity} is not stated");
            return Ok(Err((found, format!("\"{unit}\": {examples}"))));
        };
        let ratio = from.as_deref().and_then(|from| Unit::parse(from)?.to(&Unit::parse(&to)?));
        let ratio = if from.as_deref() == Some(to.as_str()) { Some(1.0) } else { ratio };
        let factor = match (&from, ratio, factor) {
            (_, None, Some(factor)) if told.is_some() => factor,
            (Some(_), Some(ratio), Some(factor)) if (factor / ratio - 1.0).abs() > 1e-6 => {
                let from = from.unwrap_or_default();
                return Err(DataError::attribute(
                    path,
                    scale,
                    factor,
                    format!("{ratio}, from {from} to {to}"),
                ));
            }
            (Some(_), Some(ratio), _) => ratio,
            (None, ..) => 1.0,
            (Some(from), None, _) => {
                let found = format!("{quantity} is in {from}, `{unit}` says {to}");
                return Ok(Err((found, format!("\"{scale}\": how many {to} one {from} is"))));
            }
        };
        Ok(Ok(Self { unit: to, factor, from }))
    }

    /// A sentence on what was multiplied.
    pub(super) fn note(&self) -> Option<String> {
        let from = self.from.as_deref().unwrap_or("the file's unit");
        let is_one = self.factor.total_cmp(&1.0).is_eq();
        (!is_one).then(|| format!("{from} becomes {}: numbers are multiplied by {}", self.unit, self.factor))
    }
}

/// Refuses places in one unit beside velocities in another: derivatives would be in neither.
///
/// # Errors
/// What would state it.
pub(super) fn agree([length, speed]: &[Scale; 2]) -> Result<(), Lack> {
    let first = speed.unit.split(['/', ' ', '*', '·']).next().unwrap_or_default();
    let (Some(a), Some(b)) = (Unit::parse(&length.unit), Unit::parse(first)) else { return Ok(()) };
    let same = a.to(&b).is_some_and(|ratio| (ratio - 1.0).abs() < 1e-9);
    if same {
        return Ok(());
    }
    let found = format!(
        "places are in {}, velocities in {}: derivatives would be in neither",
        length.unit, speed.unit
    );
    Err((found, format!("\"length_units\": \"{first}\"")))
}
