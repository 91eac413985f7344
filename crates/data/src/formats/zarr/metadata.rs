//! What the metadata of a Zarr array say of it, in both versions.

use super::NAME;
use crate::attribute::{Attribute, Attributes};
use crate::storage::Element;
use crate::{DataError, Result, Suspicion};
use serde_json::{Map, Value};
use std::path::Path;

/// An array of a store.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) shape: Vec<usize>,
    /// `None` for what holds no numbers.
    pub(super) element: Option<Element>,
    /// The names of its axes, where all have one.
    pub(super) axes: Vec<String>,
    pub(super) attributes: Attributes,
    /// What a chunk reads as that is not stored; `None` where nothing says so.
    pub(super) fill: Option<f64>,
    /// Whether numbers are packed, and their 0 is what xarray takes for a missing one in version 2.
    pub(super) doubtful_zeros: bool,
}

/// A group or an array of a store.
pub(super) enum Node {
    Array(Box<Described>),
    Group(Map<String, Value>),
}

/// Reads the metadata of a folder; `None` where there are none.
///
/// # Errors
/// [`DataError::Layout`] for what is no JSON of Zarr.
pub(super) fn node(path: &Path, folder: &Path, root: &Map<String, Value>) -> Result<Option<Node>> {
    let json = |name: &str| -> Result<Option<Map<String, Value>>> {
        let Ok(text) = std::fs::read_to_string(folder.join(name)) else { return Ok(None) };
        let what = folder.join(name).display().to_string();
        // Python writes NaN and Infinity as they are, which is no JSON.
        let text = text.replace(": NaN", ": \"NaN\"").replace(": Infinity", ": \"Infinity\"");
        let parsed = serde_json::from_str(&text.replace(": -Infinity", ": \"-Infinity\""));
        parsed
            .map(Some)
            .map_err(|e| DataError::layout(path, NAME, what, e, "the metadata of an array or a group"))
    };
    if let Some(mut all) = json("zarr.json")? {
        let own = taken(&mut all, "attributes");
        if all.get("node_type").and_then(Value::as_str) == Some("group") {
            return Ok(Some(Node::Group(own)));
        }
        return described(path, folder, &all, [own, root.clone()], 3).map(Some);
    }
    let own = json(".zattrs")?.unwrap_or_default();
    match json(".zarray")? {
        Some(all) => described(path, folder, &all, [own, root.clone()], 2).map(Some),
        None => Ok(folder.join(".zgroup").is_file().then_some(Node::Group(own))),
    }
}

fn taken(all: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match all.remove(name) {
        Some(Value::Object(found)) => found,
        _ => Map::new(),
    }
}

fn described(
    path: &Path,
    folder: &Path,
    all: &Map<String, Value>,
    [mut own, root]: [Map<String, Value>; 2],
    version: u8,
) -> Result<Node> {
    let lengths = all.get("shape").and_then(Value::as_array).map(|shape| shape.iter().map(Value::as_u64));
    let shape: Option<Vec<usize>> = lengths.and_then(|shape| shape.map(|n| n.map(|n| n as usize)).collect());
    let Some(shape) = shape else {
        let what = format!("`shape` of {}", folder.display());
        return Err(DataError::layout(path, NAME, what, "no list of lengths", "one"));
    };
    let (kind, names) = match version {
        3 => (all.get("data_type"), all.get("dimension_names").cloned()),
        _ => (all.get("dtype"), own.remove("_ARRAY_DIMENSIONS")),
    };
    let name = |name: &Value| name.as_str().map(str::to_owned);
    let axes = names.as_ref().and_then(Value::as_array).and_then(|names| names.iter().map(name).collect());
    let element = kind.and_then(Value::as_str).and_then(element);
    let fill = all.get("fill_value").and_then(number);
    let mut attributes = Attributes::stated_by(
        own.iter().map(|(k, v)| (k.clone(), value(v))).collect(),
        root.iter().map(|(k, v)| (k.clone(), value(v))).collect(),
    );
    if let Some(missing) = own.get("_FillValue").and_then(encoded) {
        attributes.state("_FillValue", Attribute::Numbers(vec![missing]));
    }
    // What is missing has no place of its own in version 2: xarray writes it as the value of chunks that are not
    // stored. 0 is the default of those, and no missing number.
    let marks = fill.filter(|fill| version == 2 && *fill != 0.0 && !own.contains_key("_FillValue"));
    if let Some(missing) = marks {
        attributes.state("_FillValue", Attribute::Numbers(vec![missing]));
    }
    let packed = ["scale_factor", "add_offset"].iter().any(|name| own.contains_key(*name));
    let doubtful_zeros = version == 2 && packed && fill == Some(0.0) && !own.contains_key("_FillValue");
    Ok(Node::Array(Box::new(Described {
        doubtful_zeros,
        shape,
        element,
        axes: axes.unwrap_or_default(),
        attributes,
        fill,
    })))
}

/// A type of numbers by its name in version 3, or that of NumPy in version 2.
fn element(name: &str) -> Option<Element> {
    let short = name.trim_start_matches(['<', '>', '|', '=']);
    let (bits, short) = match short.len() {
        2 if short.ends_with(|c: char| c.is_ascii_digit()) => (8, short),
        _ => (1, short),
    };
    let at = short.find(|c: char| c.is_ascii_digit())?;
    let size = bits * short[at..].parse::<usize>().ok()?;
    match &short[..at] {
        "f" | "float" => [16, 32, 64].contains(&size).then_some(Element::Float(size)),
        "i" | "int" => Some(Element::Integer { bits: size, signed: true }),
        "u" | "uint" => Some(Element::Integer { bits: size, signed: false }),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// An attribute out of JSON.
fn value(value: &Value) -> Attribute {
    match value {
        Value::String(text) => Attribute::Text(text.clone()),
        Value::Bool(flag) => Attribute::Numbers(vec![f64::from(u8::from(*flag))]),
        Value::Number(number) => Attribute::Numbers(number.as_f64().into_iter().collect()),
        Value::Array(all) => {
            let numbers: Option<Vec<f64>> = all.iter().map(number).collect();
            let texts: Option<Vec<&str>> = all.iter().map(Value::as_str).collect();
            match (numbers, texts) {
                (Some(numbers), _) => Attribute::Numbers(numbers),
                (_, Some(texts)) => Attribute::Text(texts.join(",")),
                _ => Attribute::Unread("list".into()),
            }
        }
        _ => Attribute::Unread("object".into()),
    }
}

/// A number as xarray writes `_FillValue` of floating point numbers in version 3: base64 of its 8 bytes, the least
/// first.
fn encoded(value: &Value) -> Option<f64> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = value.as_str().filter(|text| text.len() == 12 && text.ends_with('='))?;
    let digit = |b: u8| DIGITS.iter().position(|d| *d == b).map(|at| at as u128);
    let bits = text.trim_end_matches('=').bytes().try_fold(0u128, |bits, b| Some(bits << 6 | digit(b)?))?;
    // Eleven digits are 66 bits, the last two of which are none.
    Some(f64::from_le_bytes(((bits >> 2) as u64).to_be_bytes()))
}

impl Described {
    /// A word on chunks that are not stored, of so many.
    pub(super) fn absent(&self, name: &str, absent: usize, all: usize) -> Option<Suspicion> {
        let fill = self.fill.unwrap_or(0.0);
        let odd = absent > 0 && !fill.is_nan();
        odd.then(|| Suspicion::ChunksAbsent { variable: name.into(), absent, all, fill })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Python's `base64.standard_b64encode(struct.pack("<d", x))` makes.
    #[test]
    fn fill_values_are_decoded_as_xarray_encodes_them() {
        let of = |text: &str| encoded(&Value::String(text.into()));
        assert!(of("AAAAAAAA+H8=").unwrap().is_nan());
        assert_eq!(of("AAAAAAA4j8A="), Some(-999.0));
        assert_eq!(of("AAAAAAAAAAA="), Some(0.0));
        assert!(of("-999").is_none() && of("AAAAAAAA!H8=").is_none());
    }

    #[test]
    fn types_of_both_versions_are_known() {
        for (name, bytes, known) in [
            ("float32", 4, "f32"),
            ("<f8", 8, "f64"),
            (">f4", 4, "f32"),
            ("<i2", 2, "int16"),
            ("|u1", 1, "uint8"),
            ("uint16", 2, "uint16"),
            ("float16", 2, "f16"),
        ] {
            let found = element(name).unwrap();
            assert_eq!((found.bytes(), found.name()), (bytes, known), "{name}");
        }
        assert!(
            ["complex64", "<U4", "|b1", "bool", "<M8[ns]", "r16"].iter().all(|name| element(name).is_none())
        );
    }
}
