//! Cells of an HDF5 file: one dataset a column.

use super::cells::{Cell, Cells, Column};
use super::title::{self, Title};
use crate::attribute::text;
use crate::file::Hdf5File;
use crate::storage;
use crate::{DataError, Result};
use hdf5::Dataset;
use hdf5::types::{TypeDescriptor, VarLenUnicode};
use std::ops::Range;
use std::path::Path;

/// Attributes under which the numbers of a dataset are not what is stored.
const PACKED: [&str; 2] = ["scale_factor", "add_offset"];

/// Attributes that name the number of a missing value.
const MISSING: [(&str, &str); 2] = [("_FillValue", "`_FillValue`"), ("missing_value", "`missing_value`")];

/// What netCDF reads where floating point numbers were never written.
const UNWRITTEN: f64 = 9.969_209_968_386_869e36;

/// Datasets of other names, whatever they hold, become columns without cells.
pub(super) fn cells(path: &Path, known: &title::Columns) -> Result<Cells> {
    let file = Hdf5File::open(path)?;
    let (mut columns, mut notes): (Vec<Column>, Vec<String>) = Default::default();
    for name in file.members()? {
        let mut title = Title::of(&name, known);
        if title.column.is_none() {
            columns.push(Column { title, cells: Vec::new() });
            continue;
        }
        let fault = |e| file.fault(&format!("read column `{name}`"), e);
        let refused = |detail: String| {
            let detail = format!("dataset `{name}`: {detail}");
            DataError::SensorTable { path: path.into(), detail }
        };
        let dataset = file.root.dataset(&name).map_err(fault)?;
        let whole: Vec<Range<usize>> = dataset.shape().into_iter().map(|length| 0..length).collect();
        storage::check(path, &name, &file, &dataset, &whole)?;
        let numbers = numbers(&dataset).map_err(fault)?.map_err(refused)?;
        let missing = missing(&file, &dataset).map_err(fault)?;
        let other = columns.iter().find(|column| column.title.column.is_some());
        if let Some(first) = other.filter(|column| column.cells.len() != numbers.len()) {
            let (found, expected) = (numbers.len(), first.cells.len());
            return Err(refused(format!(
                "found {found} rows, expected {expected} as in `{}`",
                first.title.text
            )));
        }
        title.unit = title.unit.or_else(|| unit(&dataset));
        let is_component = title.column.as_ref().is_some_and(|column| known.components.contains(column));
        let (cells, told) = column_of(&name, numbers, &missing, is_component).map_err(refused)?;
        notes.extend(told);
        columns.push(Column { title, cells });
    }
    let known = columns.iter().find(|column| column.title.column.is_some());
    let rows = known.map_or(0, |column| column.cells.len());
    Ok(Cells { columns, places: (0..rows as u64).collect(), notes })
}

/// The cells of a column and sentences on those that are empty, which only a component may have.
fn column_of(
    name: &str,
    numbers: Vec<f64>,
    missing: &[Missing],
    is_component: bool,
) -> Result<(Vec<Cell>, Vec<String>), String> {
    let (mut cells, mut empty) = (Vec::with_capacity(numbers.len()), Vec::<(&str, usize)>::new());
    for (row, number) in numbers.into_iter().enumerate() {
        let declared = missing.iter().find(|value| value.is(number)).map(|value| value.by);
        if let Some(by) = declared.filter(|_| !is_component) {
            return Err(format!("row {row}: found {number}, which {by} declares missing, expected a number"));
        }
        let by = declared.or(number.is_nan().then_some("NaN")).filter(|_| is_component);
        cells.push(if by.is_some() { Cell::Empty } else { Cell::Number(number) });
        if let Some(by) = by {
            match empty.iter_mut().find(|(own, _)| *own == by) {
                Some((_, count)) => *count += 1,
                None => empty.push((by, 1)),
            }
        }
    }
    let told = |(by, count): &(&str, usize)| {
        format!("column `{name}`: {count} of {} rows were not measured, by {by}", cells.len())
    };
    let told = empty.iter().map(told).collect();
    Ok((cells, told))
}

/// The numbers of a dataset, or why they cannot be used.
fn numbers(dataset: &Dataset) -> hdf5::Result<Result<Vec<f64>, String>> {
    match dataset.dtype()?.to_descriptor() {
        Ok(TypeDescriptor::Float(_) | TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_)) => {}
        Ok(other) => return Ok(Err(format!("found {other}, expected numbers"))),
        // Floating-point numbers of other sizes have no descriptor; HDF5 converts them, or says why not.
        Err(_) => {}
    }
    if dataset.ndim() != 1 {
        return Ok(Err(format!("found shape {:?}, expected one axis", dataset.shape())));
    }
    let names = dataset.attr_names()?;
    if let Some(name) = PACKED.iter().find(|name| names.iter().any(|n| n == *name)) {
        return Ok(Err(format!("attribute `{name}`: found packed numbers, expected unpacked ones")));
    }
    dataset.read_raw::<f64>().map(Ok)
}

/// A number that stands for none.
struct Missing {
    by: &'static str,
    value: f64,
    /// How near counts: an f64 attribute on f32 numbers holds what the writer typed.
    epsilon: f64,
}

impl Missing {
    fn is(&self, number: f64) -> bool {
        (number - self.value).abs() <= self.epsilon * self.value.abs()
            || number.is_nan() && self.value.is_nan()
    }
}

/// The numbers that stand for none in a dataset, by its attributes or netCDF's habit.
fn missing(file: &Hdf5File, dataset: &Dataset) -> hdf5::Result<Vec<Missing>> {
    let (names, single) = (dataset.attr_names()?, dataset.dtype()?.size() <= 4);
    let epsilon = if single { f64::from(f32::EPSILON) } else { 0.0 };
    let mut all = Vec::new();
    for (name, by) in MISSING.into_iter().filter(|(name, _)| names.iter().any(|n| n == name)) {
        let values: Vec<f64> = dataset.attr(name)?.read_raw()?;
        all.extend(values.into_iter().map(|value| Missing { by, value, epsilon }));
    }
    if all.is_empty() && file.root.attr("_NCProperties").is_ok() {
        all.push(Missing {
            by: "netCDF's default fill value",
            value: UNWRITTEN,
            epsilon: f64::from(f32::EPSILON),
        });
    }
    Ok(all)
}

/// The attribute `units`, where it is a text.
fn unit(dataset: &Dataset) -> Option<String> {
    let stored: VarLenUnicode = dataset.attr("units").ok()?.read_scalar().ok()?;
    Some(text(&stored)?.to_owned()).filter(|unit| !unit.is_empty() && unit != "1")
}
