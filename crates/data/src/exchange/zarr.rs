//! Zarr v3: a folder of arrays, each its `zarr.json` and a file a chunk, little-endian and not compressed.
//!
//! After the Zarr core specification 3.0: chunk keys `default` (`c/0/0`), codec `bytes`; a chunk at an end is as long
//! as any other. `fill_value` is what a chunk that is not there would hold: every chunk is.

use super::Fields;
use super::cf::{SPACE, Values, Variable, globals, variables};
use super::folder::{Folder, bytes, says};
use crate::store::{Along, Dimension, Existing};
use crate::{Attribute, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// What every folder of a group or an array holds.
const MARK: &str = "zarr.json";

/// The most bytes of a chunk of fields, unless one frame has more.
const CHUNK: usize = 16 << 20;

/// An array as its `zarr.json` says.
struct Array<'a> {
    name: &'a str,
    shape: Vec<usize>,
    chunk: Vec<usize>,
    kind: &'static str,
    dimensions: Vec<&'a str>,
    texts: &'a [(&'static str, String)],
}

/// Whether a folder was written so.
pub(super) fn is_own(path: &Path) -> bool {
    says(&path.join(MARK), &format!("{:?}: {:?}", SPACE[0], SPACE[1]))
}

pub(super) fn write(fields: &Fields<'_>, path: &Path, existing: Existing) -> Result<()> {
    write_in(CHUNK, fields, path, existing)
}

/// [`write`] with chunks of at most so many bytes.
pub(super) fn write_in(most: usize, fields: &Fields<'_>, path: &Path, existing: Existing) -> Result<()> {
    let to = Folder::create(path, existing)?;
    let attributes: Map<String, Value> =
        globals(fields).into_iter().filter_map(|(name, value)| Some((name.into(), plain(value)?))).collect();
    let (dimensions, mut arrays) = (fields.dimensions(), Map::new());
    for dimension in &dimensions {
        arrays.extend(coordinates(&to, dimension)?);
    }
    for variable in variables(fields) {
        arrays.extend([put(&to, fields, most, &dimensions, &variable)?]);
    }
    // As zarr-python consolidates: readers then open one file and not one an array.
    let all = json!({"kind": "inline", "must_understand": false, "metadata": arrays});
    let group = json!({
        "zarr_format": 3,
        "node_type": "group",
        "attributes": attributes,
        "consolidated_metadata": all,
    });
    to.write(MARK, &[format!("{group:#}\n").as_bytes()])?;
    to.finish()
}

/// The array of a dimension of which something is known, by its name.
fn coordinates(to: &Folder<'_>, dimension: &Dimension) -> Result<Option<(String, Value)>> {
    let (kind, values) = match &dimension.along {
        Along::Reals(values) => ("float64", bytes(values, f64::to_le_bytes)),
        Along::Indices(values) => ("int64", bytes(values, |index| (index as i64).to_le_bytes())),
        Along::Places(_) | Along::Words(_) => return Ok(None),
    };
    let (name, shape) = (dimension.name.as_str(), vec![dimension.along.len()]);
    let chunk = shape.clone();
    let array = Array { name, shape, chunk, kind, dimensions: vec![name], texts: &dimension.texts };
    let told = array.describe(to)?;
    array.chunk(to, &[0], &values)?;
    Ok(Some((name.into(), told)))
}

fn put(
    to: &Folder<'_>,
    fields: &Fields<'_>,
    most: usize,
    dimensions: &[Dimension],
    variable: &Variable<'_>,
) -> Result<(String, Value)> {
    let length = |name: &&str| dimensions.iter().find(|d| d.name == **name).map_or(0, |d| d.along.len());
    let shape: Vec<usize> = variable.dimensions.iter().map(length).collect();
    let (plane, frames) = (fields.shape.plane(), fields.shape.frames);
    let together = (most / (4 * plane.max(1))).clamp(1, frames.max(1));
    let (kind, chunk) = match (&variable.values, shape.len()) {
        (Values::Planes { .. }, 4) => ("float32", vec![1, together, shape[2], shape[3]]),
        (Values::Planes { .. }, _) => ("float32", vec![together, shape[1], shape[2]]),
        (Values::Reals(_), _) => ("float64", shape.clone()),
        (Values::Flags(_), _) => ("uint8", shape.clone()),
    };
    let (name, dimensions, texts) = (variable.name.as_str(), variable.dimensions.clone(), &variable.texts);
    let array = Array { name, shape, chunk, kind, dimensions, texts };
    let told = array.describe(to)?;
    match &variable.values {
        Values::Reals(numbers) => array.chunk(to, &[0], &bytes(numbers, f64::to_le_bytes))?,
        Values::Flags(flags) => array.chunk(to, &[0, 0], flags)?,
        Values::Planes { of, component } => {
            for (m, field) in of.iter().enumerate() {
                for (k, first) in (0..frames).step_by(together).enumerate() {
                    let mut values = Vec::with_capacity(together * plane);
                    let last = (first + together).min(frames);
                    (first..last).for_each(|t| fields.plane(field, t, *component, &mut values));
                    values.resize(together * plane, f32::NAN);
                    let at = [m, k, 0, 0];
                    let at = if array.shape.len() == 4 { &at[..] } else { &at[1..] };
                    array.chunk(to, at, &bytes(&values, f32::to_le_bytes))?;
                }
            }
        }
    }
    Ok((name.into(), told))
}

impl Array<'_> {
    /// Writes its `zarr.json`.
    fn describe(&self, to: &Folder<'_>) -> Result<Value> {
        let fill = if self.kind.starts_with("float") { json!("NaN") } else { json!(0) };
        let codec = match self.kind {
            "uint8" => json!({"name": "bytes"}),
            _ => json!({"name": "bytes", "configuration": {"endian": "little"}}),
        };
        let texts: Map<String, Value> =
            self.texts.iter().map(|(name, text)| ((*name).into(), json!(text))).collect();
        let told = json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": self.shape,
            "data_type": self.kind,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self.chunk}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": fill,
            "codecs": [codec],
            "dimension_names": self.dimensions,
            "attributes": texts,
        });
        to.folder(self.name)?;
        to.write(&format!("{}/{MARK}", self.name), &[format!("{told:#}\n").as_bytes()])?;
        Ok(told)
    }

    fn chunk(&self, to: &Folder<'_>, at: &[usize], values: &[u8]) -> Result<()> {
        let key: Vec<String> = at.iter().map(ToString::to_string).collect();
        let (last, folders) = key.split_last().map_or(("0", &[][..]), |(last, folders)| (last, folders));
        let folder = [&[self.name.to_owned(), "c".to_owned()], folders].concat().join("/");
        to.folder(&folder)?;
        to.write(&format!("{folder}/{last}"), &[values])
    }
}

/// An attribute as JSON, one number without brackets; `None` for what is neither text nor finite numbers.
pub(super) fn plain(value: Attribute) -> Option<Value> {
    match value {
        Attribute::Text(text) => Some(json!(text)),
        Attribute::Numbers(numbers) if numbers.iter().all(|x| x.is_finite()) => match numbers[..] {
            [one] => Some(json!(one)),
            _ => Some(json!(numbers)),
        },
        _ => None,
    }
}
