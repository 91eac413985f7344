//! Cells of an HDF5 file: one dataset a column.

use super::cells::{Cell, Cells};
use crate::DataError;
use crate::file::Hdf5File;
use hdf5::types::TypeDescriptor;
use std::path::Path;

pub(super) fn cells(path: &Path) -> Result<Cells, DataError> {
    let file = Hdf5File::open(path)?;
    let mut columns: Vec<(String, Vec<Cell>)> = Vec::new();
    for name in file.members()? {
        let fault = |e| file.fault(&format!("read column `{name}`"), e);
        let dataset = file.root.dataset(&name).map_err(fault)?;
        let refused = |detail: String| {
            let detail = format!("dataset `{name}`: {detail}");
            Err(DataError::SensorTable { path: path.into(), detail })
        };
        match dataset.dtype().and_then(|t| t.to_descriptor()).map_err(fault)? {
            TypeDescriptor::Float(_) | TypeDescriptor::Integer(_) | TypeDescriptor::Unsigned(_) => {}
            other => return refused(format!("found {other}, expected numbers")),
        }
        if dataset.ndim() != 1 {
            return refused(format!("found shape {:?}, expected one axis", dataset.shape()));
        }
        let numbers = dataset.read_raw::<f64>().map_err(fault)?;
        if let Some((first, cells)) = columns.first().filter(|(_, cells)| cells.len() != numbers.len()) {
            let (found, expected) = (numbers.len(), cells.len());
            return refused(format!("found {found} rows, expected {expected} as in `{first}`"));
        }
        columns.push((name.clone(), numbers.into_iter().map(Cell::Number).collect()));
    }
    let rows = columns.first().map_or(0, |(_, cells)| cells.len());
    Ok(Cells { columns, places: (0..rows as u64).collect() })
}
