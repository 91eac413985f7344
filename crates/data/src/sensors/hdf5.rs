//! Cells of an HDF5 file: one dataset a column.

use super::cells::{Cell, Cells, Column};
use super::title::{self, Title};
use crate::DataError;
use crate::file::Hdf5File;
use crate::storage;
use hdf5::Dataset;
use hdf5::types::{TypeDescriptor, VarLenUnicode};
use std::ops::Range;
use std::path::Path;

/// Attributes under which the numbers of a dataset are not what is stored.
const PACKED: [&str; 2] = ["scale_factor", "add_offset"];

/// Attributes that name the number of a missing value.
const MISSING: [&str; 2] = ["_FillValue", "missing_value"];

/// Datasets of other names, whatever they hold, become columns without cells.
pub(super) fn cells(path: &Path, known: &title::Columns) -> Result<Cells, DataError> {
    let file = Hdf5File::open(path)?;
    let mut columns: Vec<Column> = Vec::new();
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
        let known = columns.iter().find(|column| column.title.column.is_some());
        if let Some(first) = known.filter(|column| column.cells.len() != numbers.len()) {
            let (found, expected) = (numbers.len(), first.cells.len());
            return Err(refused(format!(
                "found {found} rows, expected {expected} as in `{}`",
                first.title.text
            )));
        }
        title.unit = title.unit.or_else(|| unit(&dataset));
        columns.push(Column { title, cells: numbers.into_iter().map(Cell::Number).collect() });
    }
    let known = columns.iter().find(|column| column.title.column.is_some());
    let rows = known.map_or(0, |column| column.cells.len());
    Ok(Cells { columns, places: (0..rows as u64).collect(), notes: Vec::new() })
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
    let numbers = dataset.read_raw::<f64>()?;
    for name in MISSING.iter().filter(|name| names.iter().any(|n| n == *name)) {
        let missing: Vec<f64> = dataset.attr(name)?.read_raw()?;
        if let Some(row) = numbers.iter().position(|number| missing.contains(number)) {
            let found = numbers[row];
            return Ok(Err(format!(
                "row {row}: found {found}, which `{name}` declares missing, expected a number"
            )));
        }
    }
    Ok(Ok(numbers))
}

/// The attribute `units`, where it is a text.
fn unit(dataset: &Dataset) -> Option<String> {
    let text: VarLenUnicode = dataset.attr("units").ok()?.read_scalar().ok()?;
    Some(text.to_string()).filter(|unit| !unit.is_empty() && unit != "1")
}
