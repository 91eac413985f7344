//! Where the first grid point of a file lies, and how far its frames are apart.

use crate::{Attributes, DataError, Dataset, Remark, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Physical coordinates of a grid point and a frame: x = x₀ + i·dx, y = y₀ + j·dy, t = t₀ + k·Δt.
///
/// The spacings dx, dy and the direction of i and j belong to the [`Grid`](equipoise_field::Grid).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coordinates {
    /// x₀, of the first grid point, in the data's unit of length.
    pub x_first: f64,
    /// y₀.
    pub y_first: f64,
    /// Δt, the time between two frames, in the data's unit of time.
    pub time_step: f64,
}

impl Coordinates {
    /// From the attributes `x_first`, `y_first` (default 0) and `dt_frame` or else `dt` (default 1:
    /// time counted in frames), with a sentence for every default taken.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`].
    pub fn of(data: &Dataset) -> Result<(Self, Vec<String>)> {
        Self::stated(data.path(), data.attributes())
    }

    /// y of the first grid point from where the force sin(k y) of a driven flow is 0: `y_first` where it is stated.
    /// Otherwise points are at the centres of cells, as the convention of such flows has it, so that it is half a cell of
    /// the file's grid, whatever stride was taken of it; with a note that says so. Places still count from the first
    /// point, as [`of`](Self::of) has them: where the origin of a file is, nobody knows.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`].
    pub fn from_forcing(data: &Dataset) -> Result<(f64, Option<Remark>)> {
        if let Some([y]) = data.attributes().numbers::<1>(data.path(), "y_first")? {
            return Ok((y, None));
        }
        let y = data.grid().dy / (2.0 * data.stride() as f64);
        let note = format!(
            "{}: no attribute `y_first`: the force of a flow of kind `{}` is taken to be 0 half a cell, {y}, before the \
             first grid point",
            data.path().display(),
            data.kind()
        );
        Ok((y, Some(Remark::Note(note))))
    }

    /// As [`of`](Self::of), from the attributes of a file.
    ///
    /// # Errors
    /// [`DataError::AttributeValue`].
    pub fn stated(path: &Path, attributes: &Attributes) -> Result<(Self, Vec<String>)> {
        let mut notes = Vec::new();
        let mut first = |name: &str| {
            let stated = attributes.numbers::<1>(path, name)?.map(|[x]| x);
            if stated.is_none() {
                let axis = &name[..1];
                notes.push(format!("no attribute `{name}`: the first grid point is taken at {axis} = 0"));
            }
            Ok::<_, DataError>(stated.unwrap_or(0.0))
        };
        let (x_first, y_first) = (first("x_first")?, first("y_first")?);
        let step = match attributes.positive(path, "dt_frame")? {
            None => attributes.positive(path, "dt")?,
            step => step,
        };
        if step.is_none() {
            notes.push("no attribute `dt_frame` or `dt`: time is counted in frames".into());
        }
        Ok((Self { x_first, y_first, time_step: step.unwrap_or(1.0) }, notes))
    }
}
