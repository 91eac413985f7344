//! What is known of fields, as JSON beside files that cannot say it themselves.

use super::Fields;
use super::cf::SPACE;
use super::folder::says;
use super::zarr::plain;
use crate::formats::beside::attribute;
use crate::store::Along;
use crate::{Attribute, Attributes, DataError, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The file that says it.
pub(super) const TOLD: &str = "axes.json";

/// Axes by their names there.
const LETTERS: [(&str, char); 5] =
    [("member", 'N'), ("time", 'T'), ("component", 'C'), ("y", 'Y'), ("x", 'X')];

/// Whether such a file says what a folder holds.
pub(super) fn is_own(folder: &Path) -> bool {
    says(&folder.join(TOLD), &format!("{:?}: {:?}", SPACE[0], SPACE[1]))
}

/// The array of such a folder that is read where none is asked for.
pub(crate) fn first(folder: &Path, has: impl Fn(&str) -> bool) -> Option<&'static str> {
    is_own(folder).then(|| ["members", "mean"].into_iter().find(|name| has(name))).flatten()
}

/// Takes what such a file says of an array for attributes, where a folder has one; and says so.
///
/// # Errors
/// [`DataError::Beside`] for a file that holds something else.
pub(crate) fn take(folder: &Path, array: &str, attributes: &mut Attributes) -> Result<Option<String>> {
    if !is_own(folder) {
        return Ok(None);
    }
    let path = folder.join(TOLD);
    let text = std::fs::read_to_string(&path).map_err(|source| DataError::io(&path, source))?;
    let refused =
        |found: String| DataError::Beside { path: path.clone(), of: folder.into(), found: found.into() };
    let told: Value = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    for (name, value) in told["attributes"].as_object().into_iter().flatten() {
        attribute(value).into_iter().for_each(|value| attributes.state(name, value));
    }
    let letter = |axis: &Value| LETTERS.iter().find(|(name, _)| axis == name).map(|(_, letter)| *letter);
    let axes = told["axes"][array].as_array().map(|axes| axes.iter().map(letter).collect::<Option<String>>());
    let joined = |values: &Value| {
        let texts: Vec<&str> = values.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?;
        let is_one = texts.iter().all(|text| *text == texts[0]);
        Some(if is_one { texts.first()?.to_string() } else { texts.join(", ") })
    };
    for (name, text) in [
        ("axes", axes.flatten()),
        ("channels", joined(&told["coordinates"]["component"])),
        ("units", joined(&told["units"])),
        ("ones", told["masked"].as_str().map(|_| "masked".to_owned())),
    ] {
        text.into_iter().for_each(|text| attributes.state(name, Attribute::Text(text)));
    }
    Ok(Some(format!("axes and attributes are taken from {}", path.display())))
}

/// The axes of every array, coordinates, units and attributes.
pub(super) fn told(fields: &Fields<'_>, arrays: &[(&str, &[&str])]) -> String {
    let mut coordinates = Map::new();
    let mut texts = Map::new();
    for dimension in fields.dimensions() {
        let along = match dimension.along {
            Along::Reals(values) => json!(values),
            Along::Indices(values) => json!(values),
            Along::Words(words) => json!(words),
            Along::Places(_) => Value::Null,
        };
        coordinates.insert(dimension.name.clone(), along);
        texts.insert(
            dimension.name,
            dimension.texts.into_iter().map(|(key, text)| (key.to_owned(), json!(text))).collect(),
        );
    }
    coordinates.insert("component".into(), json!(fields.components));
    let axes: Map<String, Value> =
        arrays.iter().map(|(name, axes)| ((*name).to_owned(), json!(axes))).collect();
    let units: Vec<Option<&str>> = (0..fields.components.len()).map(|c| fields.unit(c)).collect();
    let attributes: Map<String, Value> = fields
        .attributes
        .iter()
        .filter_map(|(name, value)| Some(((*name).into(), plain(value.clone())?)))
        .collect();
    let told = json!({
        SPACE[0]: SPACE[1],
        "axes": axes,
        "coordinates": coordinates,
        "about": texts,
        "units": units,
        "masked": fields.mask.map(|_| "NaN"),
        "attributes": attributes,
    });
    format!("{told:#}\n")
}
