//! What is known of fields, as JSON beside files that cannot say it themselves.

use super::Fields;
use super::zarr::plain;
use crate::store::Along;
use serde_json::{Map, Value, json};

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
        "space": "physical units",
        "axes": axes,
        "coordinates": coordinates,
        "about": texts,
        "units": units,
        "masked": fields.mask.map(|_| "NaN"),
        "attributes": attributes,
    });
    format!("{told:#}\n")
}
