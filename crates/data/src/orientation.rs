//! The grid of a file, from its kind and attributes, with a note for every default taken.

use crate::{Attributes, DataError, Kind, Result};
use equipoise_field::{Axis, Boundary, Grid};
use std::path::Path;

/// Words by which a coordinate is said to decrease with the index.
const REVERSED: [&str; 6] =
    ["decreasing", "descending", "reversed", "from the top", "top to bottom", "downward"];

/// Words that deny what stands in their clause.
const DENIALS: [&str; 6] = ["no", "not", "non", "without", "aperiodic", "nonperiodic"];

/// Whether a text on the domain says that it wraps, and no clause denies it.
pub(crate) fn says_periodic(domain: &str) -> bool {
    let domain = domain.to_lowercase();
    let denies = |clause: &str| {
        let mut words = clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.clone().next() == Some("not")
            || clause.contains("periodic") && words.any(|word| DENIALS.contains(&word))
    };
    domain.contains("periodic") && !domain.split([',', ';', '(', ')']).any(denies)
}

/// The grid of a field of `[H, W]` points.
///
/// What the convention of the kind leaves open comes from the attributes: the axis map from `H_axis` and
/// `W_axis` (default H = y, W = x), the border from `boundary` or from the word "periodic" in `domain` (default
/// open), spacings from `dx` and `dy` (default of `dy` is `dx`; without `dx` those of the convention's domain, or
/// lengths are in grid points). Every default taken is added to `notes`.
pub(crate) fn grid(
    path: &Path,
    attributes: &Attributes,
    kind: Kind,
    [height, width]: [usize; 2],
    notes: &mut Vec<String>,
) -> Result<Grid> {
    let declared = declared_x_axis(path, attributes)?;
    let x_axis = kind.convention().x_axis.or(declared).unwrap_or(Axis::W);
    if declared.is_some_and(|found| found != x_axis) {
        return Err(DataError::Turned { path: path.into(), kind, x_axis });
    }
    if declared.is_none() {
        let missing = "no attribute `H_axis` or `W_axis`:";
        match (kind.convention().x_axis, x_axis) {
            (None, _) => notes.push(format!("{missing} H is taken as y, W as x")),
            (Some(_), Axis::H) => {
                notes.push(format!("{missing} H is taken as x, W as y, as of kind `{kind}`"));
            }
            // What a file without these attributes is taken for anyway.
            (Some(_), Axis::W) => {}
        }
    }
    let dx = spacing(path, attributes, "dx", x_axis)?;
    let dy = spacing(path, attributes, "dy", if x_axis == Axis::W { Axis::H } else { Axis::W })?;
    let (along_x, along_y) = if x_axis == Axis::H { (height, width) } else { (width, height) };
    let (dx, dy) = match (dx, kind.convention().side) {
        (Some(dx), _) => (dx, dy.unwrap_or(dx)),
        (None, Some(side)) => {
            notes.push("no attribute `dx`: the domain is taken as [0, 2π]²".into());
            (side / along_x as f64, dy.unwrap_or(side / along_y as f64))
        }
        (None, None) => {
            notes.push("no attribute `dx`: lengths are in grid points".into());
            (1.0, dy.unwrap_or(1.0))
        }
    };
    Ok(Grid { x_axis, dx, dy, boundary: boundary(path, attributes, kind, notes)? })
}

/// A spacing; a negative one says that its axis must be reversed.
fn spacing(path: &Path, attributes: &Attributes, name: &str, axis: Axis) -> Result<Option<f64>> {
    attributes.positive(path, name).map_err(|error| match error {
        DataError::AttributeValue { found, .. } if found.starts_with("[-") => {
            let expected = format!("a positive number: {}, and its size as `{name}`", reversed(axis));
            DataError::attribute(path, name, found, expected)
        }
        error => error,
    })
}

/// How to turn an axis round.
fn reversed(axis: Axis) -> &'static str {
    match axis {
        Axis::H => {
            "store the array the other way round (numpy: x[..., ::-1, :]) with the coordinate of its new \
                    first row"
        }
        Axis::W => {
            "store the array the other way round (numpy: x[..., ::-1]) with the coordinate of its new \
                    first column"
        }
    }
}

/// The array axis along which x increases, as `H_axis` and `W_axis` declare it.
fn declared_x_axis(path: &Path, attributes: &Attributes) -> Result<Option<Axis>> {
    let mut declared = None;
    for (name, axis, other) in [("H_axis", Axis::H, Axis::W), ("W_axis", Axis::W, Axis::H)] {
        let Some(text) = attributes.text(path, name)? else { continue };
        let fault = |expected: &str| DataError::attribute(path, name, format!("{text:?}"), expected);
        let direction = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
        let x_axis = match direction {
            "x" => axis,
            "y" => other,
            _ => return Err(fault("a text that begins with the direction x or y")),
        };
        if REVERSED.iter().any(|word| text.to_lowercase().contains(word)) {
            let expected = format!("a coordinate that increases with the index: {}", reversed(axis));
            return Err(fault(&expected));
        }
        if declared.is_some_and(|d| d != x_axis) {
            return Err(fault("the direction that `H_axis` leaves"));
        }
        declared = Some(x_axis);
    }
    Ok(declared)
}

fn boundary(path: &Path, attributes: &Attributes, kind: Kind, notes: &mut Vec<String>) -> Result<Boundary> {
    let stated = attributes.text(path, "boundary")?;
    let refused = |found: &str, expected: &str| {
        Err(DataError::attribute(path, "boundary", format!("{found:?}"), expected))
    };
    if let Some(boundary) = kind.convention().boundary {
        let name = if boundary == Boundary::Periodic { "periodic" } else { "open" };
        return match stated.filter(|stated| *stated != name) {
            Some(found) => refused(found, &format!("{name}, as every flow of kind `{kind}` has it")),
            None => Ok(boundary),
        };
    }
    match stated {
        Some("periodic") => Ok(Boundary::Periodic),
        Some("open") => Ok(Boundary::Open),
        Some(found) => refused(found, "periodic or open"),
        None if attributes.text(path, "domain")?.is_some_and(says_periodic) => Ok(Boundary::Periodic),
        None => {
            notes.push("no attribute `boundary`: the borders are taken as open".into());
            Ok(Boundary::Open)
        }
    }
}
