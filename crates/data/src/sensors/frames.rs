//! Cells of files of vectors, each of which holds one time.

use super::cells::{Cell, Cells, Column};
use super::title::{Columns, Title};
use super::vectors::{self, Lacks, Stated};
use crate::formats::{beside, piv, text};
use crate::{Attributes, DataError, Result};
use std::path::Path;

/// Whether a path is a file of vectors, or a folder with some. A pipe is neither.
pub(super) fn holds(path: &Path) -> bool {
    (path.is_file() || path.is_dir()) && piv::holds(path)
}

/// The cells of a file or folder, with sentences on what counts as not measured.
///
/// Rows of one file stand where their lines do; those of several are counted from 0.
///
/// # Errors
/// As of [`vectors::read`]; [`DataError::Vectors`] where nothing states times.
pub(super) fn cells(path: &Path, known: &Columns) -> Result<(Cells, Vec<String>)> {
    let mut attributes = Attributes::default();
    let note = beside::take(path, &mut attributes)?;
    let files = piv::files(path).map_err(|source| DataError::io(path, source))?;
    let stated = Stated { of: path, attributes: &attributes };
    let (mut table, mut places, mut lacks) = ([const { Vec::new() }; 5], Vec::new(), Lacks::default());
    let (mut units, mut notes) = (Default::default(), note.into_iter().collect::<Vec<_>>());
    for (frame, file) in files.iter().enumerate() {
        let found = vectors::read(file, stated)?;
        let time = vectors::time(file, stated, frame)?;
        for vector in &found.vectors {
            // What was interpolated was not measured.
            let [u, v] = match vector.velocity.filter(|_| !vector.interpolated) {
                Some(velocity) => velocity.map(Cell::Number),
                None => [Cell::Empty, Cell::Empty],
            };
            let row = [Cell::Number(time), Cell::Number(vector.x), Cell::Number(vector.y), u, v];
            table.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
            places.push(if files.len() == 1 { vector.line } else { places.len() as u64 });
        }
        if frame == 0 {
            notes.extend(found.notes);
        }
        lacks.add(found.lacks);
        units = found.units;
    }
    let [length, speed]: [String; 2] = units;
    let time =
        attributes.text(path, "time_units")?.map_or("time".to_owned(), |unit| format!("time [{unit}]"));
    let titles = [
        time,
        format!("x [{length}]"),
        format!("y [{length}]"),
        format!("u [{speed}]"),
        format!("v [{speed}]"),
    ];
    let columns =
        titles.iter().zip(table).map(|(title, cells)| Column { title: Title::of(title, known), cells });
    let interpolated = (lacks.interpolated > 0).then(|| {
        format!(
            "{} of {} vectors were interpolated and count as not measured",
            lacks.interpolated,
            places.len()
        )
    });
    let told = lacks.told(places.len()).into_iter().chain(interpolated).chain(text::gap(&files)).collect();
    Ok((Cells { columns: columns.collect(), places, notes }, told))
}
