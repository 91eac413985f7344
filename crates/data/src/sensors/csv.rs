//! Cells of a CSV file. Names may be quoted; numbers need no quoting, so a cell holds no comma.

use super::cells::{Cell, Cells};
use crate::DataError;
use std::path::Path;

pub(super) fn cells(path: &Path) -> Result<Cells, DataError> {
    let refused = |detail: String| DataError::SensorTable { path: path.into(), detail };
    let bytes = std::fs::read(path).map_err(|source| DataError::io(path, source))?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        refused(format!("row {line}: found bytes that are no UTF-8, expected a CSV or HDF5 file"))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = (1u64..).zip(text.lines()).filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    let names = rows.next().into_iter().flat_map(|(_, line)| split(line));
    let mut columns: Vec<(String, Vec<Cell>)> = names.map(|name| (name.to_owned(), Vec::new())).collect();
    let mut places = Vec::new();
    for (row, line) in rows {
        let (found, expected) = (split(line).count(), columns.len());
        if found != expected {
            let detail = format!("row {row}: found {found} cells, expected {expected}, one a column");
            return Err(refused(detail));
        }
        places.push(row);
        for ((_, column), cell) in columns.iter_mut().zip(split(line)) {
            column.push(Cell::from(cell));
        }
    }
    Ok(Cells { columns, places })
}

fn split(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"'))
}
