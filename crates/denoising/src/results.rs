//! What a comparison leaves in a folder.

use crate::{DenoisingError, Result};
use equipoise_report::{Cell, Image, Page, Table, page, write_atomically};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Tables, pictures and the page of one comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// File name without ending, and table.
    pub tables: Vec<(String, Table)>,
    /// File name without ending, and picture.
    pub pictures: Vec<(String, Image)>,
    /// File name without ending of the page.
    pub name: &'static str,
    /// The page.
    pub page: Page,
}

impl Results {
    /// Writes one CSV file a table, one PNG file a picture and one HTML page; makes the folder.
    ///
    /// # Errors
    /// [`DenoisingError::Io`], [`DenoisingError::Csv`], [`DenoisingError::Report`].
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|source| DenoisingError::Io { path: folder.into(), source })?;
        for (name, table) in &self.tables {
            let path = folder.join(format!("{name}.csv"));
            let bytes = csv(table).map_err(|source| DenoisingError::Csv { path: path.clone(), source })?;
            write_atomically(&path, &bytes)?;
        }
        for (name, image) in &self.pictures {
            write_atomically(&folder.join(format!("{name}.png")), &image.png)?;
        }
        let html = page(&self.page);
        Ok(write_atomically(&folder.join(format!("{}.html", self.name)), html.as_bytes())?)
    }
}

/// Refuses a folder that has content, unless it may be written into.
///
/// # Errors
/// [`DenoisingError::Occupied`], [`DenoisingError::Io`] for a path that is no folder.
pub fn check_free(folder: &Path, force: bool) -> Result<()> {
    let fault = |source| DenoisingError::Io { path: folder.into(), source };
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) if !force => Err(DenoisingError::Occupied { path: folder.into() }),
            _ => Ok(()),
        },
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(()),
        Err(source) => Err(fault(source)),
    }
}

/// The names of the columns and one record a row, numbers as the shortest decimal that reads back the same.
fn csv(table: &Table) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut records = csv::Writer::from_writer(Vec::new());
    records.write_record(table.columns.iter().map(|column| &column.name))?;
    for row in &table.rows {
        records.write_record(row.iter().map(field))?;
    }
    records.into_inner().map_err(|full| full.into_error().into())
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        Cell::State(verdict) => verdict.label.clone(),
        Cell::Number(_) | Cell::Absent => String::new(),
    }
}
