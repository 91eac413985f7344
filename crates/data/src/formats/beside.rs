//! Attributes in a JSON file beside a file that can hold none.

use crate::attribute::Attribute;
use crate::{Attributes, DataError, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The names that mean something, here or to whoever reads a flow.
const KNOWN: [&str; 47] = [
    "axes",
    "shape_description",
    "dims",
    "kind",
    "H_axis",
    "W_axis",
    "dx",
    "dy",
    "x_first",
    "y_first",
    "dt",
    "dt_frame",
    "t_first",
    "boundary",
    "domain",
    "walls",
    "forcing",
    "channels",
    "channel_names",
    "components",
    "units",
    "unit",
    "velocity_units",
    "length_units",
    "space_units",
    "coordinate_units",
    "time_units",
    "inflow",
    "cylinder_center_px",
    "cylinder_radius_px",
    "ones",
    "flag_values",
    "flag_meanings",
    "scale_factor",
    "add_offset",
    "_FillValue",
    "missing_value",
    "valid_min",
    "valid_max",
    "valid_range",
    "length_scale",
    "velocity_scale",
    "y_axis",
    "weights",
    "offset",
    "provenance",
    "noise",
];

/// The file: `flow.json` beside `flow.npy`, and beside a folder `flow`.
pub(crate) fn path(of: &Path) -> PathBuf {
    if of.is_dir() {
        let mut name = of.as_os_str().to_owned();
        name.push(".json");
        return name.into();
    }
    of.with_extension("json")
}

/// Those of the file beside, where there is one, with a sentence that says so.
pub(crate) fn files(of: &Path) -> Vec<PathBuf> {
    vec![path(of)]
}

/// Takes what the file beside states, where there is one, for attributes; and says so.
///
/// # Errors
/// [`DataError::Beside`] for a file that holds no attributes; [`DataError::AttributeValue`] where the file itself
/// states another value.
pub(crate) fn take(of: &Path, attributes: &mut Attributes) -> Result<Option<String>> {
    let beside = path(of);
    let text = match std::fs::read_to_string(&beside) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DataError::io(&beside, error)),
    };
    let refused =
        |found: String| DataError::Beside { path: beside.clone(), of: of.into(), found: found.into() };
    let value: Value = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let Value::Object(entries) = value else { return Err(refused("no object".into())) };
    let unknown: Vec<String> = entries
        .keys()
        .filter(|name| !KNOWN.contains(&name.as_str()))
        .map(|name| format!("`{name}`"))
        .collect();
    for (name, value) in entries {
        let Some(value) = attribute(&value) else { continue };
        match attributes.get(&name) {
            Some(own) if *own != value => {
                let expected = format!("{value}, as of {}", beside.display());
                return Err(DataError::attribute(of, &name, own, expected));
            }
            _ => attributes.state(&name, value),
        }
    }
    let told = format!("attributes are taken from {} beside it", beside.display());
    Ok(Some(match &unknown[..] {
        [] => told,
        names => format!("{told}; nothing is known by the name {}, which changes nothing", names.join(", ")),
    }))
}

/// A value as HDF5 would hold it; `None` for null.
pub(crate) fn attribute(value: &Value) -> Option<Attribute> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_bool().map(|b| f64::from(u8::from(b))));
    Some(match value {
        Value::Null => return None,
        Value::String(text) => Attribute::Text(text.clone()),
        Value::Array(values) if values.iter().all(Value::is_string) && !values.is_empty() => {
            Attribute::Text(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
        }
        Value::Array(values) => match values.iter().map(number).collect() {
            Some(numbers) => Attribute::Numbers(numbers),
            None => Attribute::Unread("a list of other things than numbers".into()),
        },
        Value::Object(_) => Attribute::Unread("an object of JSON".into()),
        other => Attribute::Numbers(number(other).into_iter().collect()),
    })
}
