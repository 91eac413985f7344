//! Vectors that were measured at one time in a plane, as PIV programs write them: text with the columns x, y, u, v.
//!
//! OpenPIV names its columns in a comment and marks vectors by `flags` (1 invalid, 2 interpolated) and `mask`; DaVis
//! names quantities and units in its first line. Neither says which way y counts; OpenPIV states no units.

use super::cells::{Cell, Cells};
use super::csv;
use super::scale::{Scale, agree};
use super::title::{Columns, Title};
use crate::{Attributes, DataError, Result, formats};
use std::path::Path;

/// How the first line of DaVis begins.
const DAVIS: &str = "#DaVis";

/// The columns that are read, and those that mark rows.
const PLAIN: [&str; 4] = ["x", "y", "u", "v"];
const MARKS: [&str; 2] = ["flags", "mask"];

/// The flag of a vector that was interpolated from others.
const INTERPOLATED: f64 = 2.0;

/// A row of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Vector {
    pub(crate) line: u64,
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// u and v; none where it says that they were not measured.
    pub(crate) velocity: Option<[f64; 2]>,
    /// Whether it was interpolated.
    pub(crate) interpolated: bool,
}

/// How many vectors lack a measurement, by what says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lacks {
    pub(crate) flagged: usize,
    pub(crate) not_numbers: usize,
    pub(crate) zeros: usize,
    pub(crate) interpolated: usize,
}

impl Lacks {
    /// Adds those of another file.
    pub(crate) fn add(&mut self, other: Self) {
        self.flagged += other.flagged;
        self.not_numbers += other.not_numbers;
        self.zeros += other.zeros;
        self.interpolated += other.interpolated;
    }

    /// A sentence on those that are missing, of so many.
    pub(crate) fn told(&self, of: usize) -> Option<String> {
        let Self { flagged, not_numbers, zeros, .. } = self;
        let missing = flagged + not_numbers + zeros;
        (missing > 0).then(|| {
            format!(
                "{missing} of {of} vectors count as not measured: {flagged} flagged or masked, {not_numbers} without \
                 numbers, {zeros} with u = v = 0 exactly, as invalid vectors are written"
            )
        })
    }
}

/// The vectors of a file, in units that agree, y upwards.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vectors {
    pub(crate) vectors: Vec<Vector>,
    pub(crate) lacks: Lacks,
    /// The units of length and velocity.
    pub(crate) units: [String; 2],
    /// How they were read, a sentence each.
    pub(crate) notes: Vec<String>,
}

/// Whether a file begins as one of vectors does.
pub(crate) fn begins(path: &Path) -> bool {
    let Ok(start) = formats::text::start(path) else { return false };
    let first = start.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if first.starts_with(DAVIS) {
        return true;
    }
    let bare = first.trim_start_matches(['#', '%', ' ']);
    let divider = ['\t', ',', ';'].into_iter().find(|sign| bare.contains(*sign)).unwrap_or(' ');
    let names = bare.split(divider).map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<String> = names.map(|name| name.to_lowercase()).collect();
    let plain = |name: &String| name.split(['[', '(']).next().unwrap_or_default().trim().to_owned();
    let names: Vec<String> = names.iter().map(plain).collect();
    names.len() >= PLAIN.len()
        && names.iter().zip(PLAIN).all(|(name, known)| name == known)
        && names[PLAIN.len()..].iter().all(|name| MARKS.contains(&name.as_str()))
}

/// What is stated beside a file, or beside the folder that it is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stated<'a> {
    /// The file or folder.
    pub(crate) of: &'a Path,
    pub(crate) attributes: &'a Attributes,
}

/// What is not stated, and the entry that would state it.
pub(super) type Lack = (String, String);

impl Stated<'_> {
    /// The refusal of a file for which something is not stated.
    pub(super) fn refusal(&self, path: &Path, lacks: &[Lack]) -> DataError {
        let [found, state] = [
            lacks.iter().map(|(found, _)| found.as_str()).collect::<Vec<_>>().join("; "),
            lacks.iter().map(|(_, state)| state.as_str()).collect::<Vec<_>>().join(", "),
        ];
        let beside = formats::beside::path(self.of);
        let beside = beside.file_name().unwrap_or_default().to_string_lossy().into();
        DataError::Vectors { path: path.into(), found: found.into(), state: state.into(), beside }
    }
}

/// Reads a file, given what is stated beside it: `length_units`, `units`, `length_scale`, `velocity_scale` and `y_axis`
/// (`up` or `down`).
///
/// # Errors
/// [`DataError::SensorTable`] and [`DataError::SensorCell`]; [`DataError::Vectors`] where units or the direction of y
/// are not known.
pub(crate) fn read(path: &Path, stated: Stated<'_>) -> Result<Vectors> {
    let bytes = std::fs::read(path).map_err(|source| DataError::io(path, source))?;
    let columns = Columns::of(&["u".into(), "v".into()]);
    let cells = csv::cells(path, titled(bytes), &columns)?;
    if let Some(name) = PLAIN.into_iter().find(|name| !cells.has(name)) {
        let found = cells.columns.iter().map(|column| column.title.text.clone()).collect();
        return Err(DataError::SensorColumns {
            path: path.into(),
            found,
            expected: format!("a column `{name}`"),
        });
    }
    let (length, speed) = (unit_of(&cells, "x"), unit_of(&cells, "u"));
    let mut lacks = Lacks::default();
    let mut vectors =
        (0..cells.rows()).map(|i| vector(path, &cells, i, &mut lacks)).collect::<Result<Vec<_>, _>>()?;
    let names = [["length_units", "length_scale"], ["units", "velocity_scale"]];
    let length = Scale::of(path, stated.attributes, "length", length, names[0])?;
    let speed = Scale::of(path, stated.attributes, "velocity", speed, names[1])?;
    let down = turn(path, stated.attributes, &vectors)?;
    let (scales, down) = match (length, speed, down) {
        (Ok(length), Ok(speed), Ok(down)) => ([length, speed], down),
        (length, speed, down) => {
            let lacks: Vec<Lack> = [length.err(), speed.err(), down.err()].into_iter().flatten().collect();
            return Err(stated.refusal(path, &lacks));
        }
    };
    agree(&scales).map_err(|lack| stated.refusal(path, &[lack]))?;
    let [length, speed] = [&scales[0], &scales[1]].map(|scale| scale.factor);
    let sign = if down { -1.0 } else { 1.0 };
    for vector in &mut vectors {
        (vector.x, vector.y) = (length * vector.x, sign * length * vector.y);
        vector.velocity = vector.velocity.map(|[u, v]| [speed * u, sign * speed * v]);
    }
    let mut notes = cells.notes.clone();
    notes.extend(scales.iter().filter_map(Scale::note));
    if down {
        notes.push("y counts down (`y_axis`): the signs of y and v are changed".into());
    }
    Ok(Vectors { vectors, lacks, units: scales.map(|scale| scale.unit), notes })
}

/// A text of DaVis with the names of its columns in the place of its first line.
fn titled(bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let first = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let first = first.trim_start_matches('\u{feff}');
    if !first.starts_with(DAVIS) {
        return bytes;
    }
    let quoted: Vec<&str> = first.split('"').skip(1).step_by(2).collect();
    // Name and unit of x, of y and of the velocity; older versions leave the names empty.
    let named = |name: &str| {
        let at = quoted.iter().position(|word| word.eq_ignore_ascii_case(name))?;
        quoted.get(at + 1).copied()
    };
    let placed = |at: usize| quoted.get(at).copied().filter(|_| quoted.len() == 6 && quoted[1] == quoted[3]);
    let unit = |name: &str, at: usize| {
        let unit = named(name).or_else(|| placed(at)).filter(|unit| !unit.is_empty());
        unit.map_or(String::new(), |unit| format!(" [{unit}]"))
    };
    let (place, speed) = (unit("position", 1), unit("velocity", 5));
    let title = format!("# x{place}\ty{place}\tu{speed}\tv{speed}");
    [title.as_bytes(), &bytes[end..]].concat()
}

fn unit_of(cells: &Cells, column: &str) -> Option<String> {
    cells.columns.iter().find(|c| c.title.column.as_deref() == Some(column))?.title.unit.clone()
}

/// What a row holds.
fn vector(path: &Path, cells: &Cells, i: usize, lacks: &mut Lacks) -> Result<Vector> {
    let place = |column: &str| {
        cells.number(path, i, column)?.ok_or_else(|| DataError::SensorCell {
            path: path.into(),
            row: cells.row(i),
            column: column.into(),
            found: "an empty cell".into(),
            expected: "a number",
        })
    };
    let marked = |name: &str| {
        let is = |title: &Title| title.text.eq_ignore_ascii_case(name);
        match cells.columns.iter().find(|column| is(&column.title)).map(|column| &column.cells[i]) {
            Some(Cell::Number(mark)) => *mark,
            // What is no number says nothing good.
            Some(Cell::Text(_)) => 1.0,
            Some(Cell::Empty) | None => 0.0,
        }
    };
    let speed = |name: &str| match cells.cell(i, name) {
        Some(Cell::Number(number)) if !number.is_finite() => Ok(None),
        _ => cells.number(path, i, name),
    };
    let (x, y, line) = (place("x")?, place("y")?, cells.row(i));
    let [flag, mask] = MARKS.map(marked);
    let interpolated = flag.total_cmp(&INTERPOLATED).is_eq() && mask == 0.0;
    let mut velocity = match (speed("u")?, speed("v")?) {
        (Some(u), Some(v)) => Some([u, v]),
        _ => None,
    };
    if (flag != 0.0 && !interpolated) || mask != 0.0 {
        lacks.flagged += 1;
        velocity = None;
    } else if velocity.is_none() {
        lacks.not_numbers += 1;
    } else if velocity.is_some_and(|[u, v]| u == 0.0 && v == 0.0) {
        lacks.zeros += 1;
        velocity = None;
    } else if interpolated {
        lacks.interpolated += 1;
    }
    Ok(Vector { line, x, y, velocity, interpolated })
}

/// Whether y and v have to change their signs.
///
/// Rows of an image come from its top: where y falls from row to row it counts upwards. Where it grows it may count
/// down, as in images, or the rows may have been turned.
fn turn(path: &Path, stated: &Attributes, vectors: &[Vector]) -> Result<Result<bool, Lack>> {
    match stated.text(path, "y_axis")? {
        Some("up") => Ok(Ok(false)),
        Some("down") => Ok(Ok(true)),
        Some(other) => Err(DataError::attribute(path, "y_axis", format!("{other:?}"), "up or down")),
        None => Ok(match (vectors.first(), vectors.last()) {
            (Some(first), Some(last)) if last.y > first.y => Err((
                format!(
                    "y grows from row to row, {} to {}, and may count down as in images",
                    first.y, last.y
                ),
                "\"y_axis\": \"down\" (signs of y and v are changed) or \"up\"".into(),
            )),
            _ => Ok(false),
        }),
    }
}

/// When the vectors of a frame were measured, counted from 0.
///
/// # Errors
/// [`DataError::Vectors`] where nothing says.
pub(crate) fn time(path: &Path, stated: Stated<'_>, frame: usize) -> Result<f64> {
    let number =
        |name: &str| Ok::<_, DataError>(stated.attributes.numbers::<1>(path, name)?.map(|[number]| number));
    let step = match number("dt_frame")? {
        None => number("dt")?,
        step => step,
    };
    match (number("t_first")?, step) {
        (Some(first), None) if frame == 0 => Ok(first),
        (Some(first), Some(step)) => Ok(first + step * frame as f64),
        _ => {
            let found = "the times of its vectors are not stated".to_owned();
            let state = "\"t_first\": the time of the first file, \"dt\": the step to the next".to_owned();
            Err(stated.refusal(path, &[(found, state)]))
        }
    }
}
