//! What a comparison leaves in a folder.

use crate::{DenoisingError, Result};
use equipoise_report::{Image, Notation, Page, Table, page, write_atomically};
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
            let bytes = table
                .csv(Notation::Plain)
                .map_err(|source| DenoisingError::Csv { path: path.clone(), source })?;
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
