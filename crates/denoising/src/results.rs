//! What a comparison leaves in a folder.

use crate::words::caption;
use crate::{DenoisingError, Flow, Result};
use equipoise_experiment::{Error, occupied, write_table};
use equipoise_report::{Block, Column, Image, Page, Section, Table, page, write_atomically};
use std::fs;
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

/// A result with the flow that it is of.
pub(crate) type Of<'a, T> = (&'a Flow, T);

/// The results of some flows in the making.
pub(crate) struct Draft<'a> {
    flows: Vec<&'a Flow>,
    tables: Vec<(String, Table)>,
    pub(crate) pictures: Vec<(String, Image)>,
    sections: Vec<Section>,
}

impl<'a> Draft<'a> {
    pub(crate) fn of(flows: impl IntoIterator<Item = &'a Flow>) -> Self {
        let flows = flows.into_iter().collect();
        Self { flows, tables: Vec::new(), pictures: Vec::new(), sections: Vec::new() }
    }

    /// Makes a table, a file of this name, whose first column is the dataset; the block shows it on the page too.
    pub(crate) fn table<'r, T: 'r>(
        &mut self,
        name: &str,
        text: &str,
        columns: impl IntoIterator<Item = Column<'r, Of<'r, T>>>,
        rows: impl IntoIterator<Item = Of<'r, T>>,
    ) -> Block {
        let rows: Vec<Of<'r, T>> = rows.into_iter().collect();
        let dataset = Column::new("dataset", "", |(flow, _): &Of<'r, T>| flow.name());
        let columns: Vec<_> = [dataset].into_iter().chain(columns).collect();
        let table = Table::of(&columns, &rows).captioned(caption(text, &self.flows));
        self.tables.push((name.to_owned(), table.clone()));
        Block::Table(table)
    }

    pub(crate) fn section(&mut self, title: impl Into<String>, blocks: Vec<Block>) {
        self.sections.push(Section { title: title.into(), blocks });
    }

    /// The results under the name of their page; the facts of the flows come before the others.
    pub(crate) fn finish(
        self,
        name: &'static str,
        (title, lead): (&str, String),
        facts: Vec<(String, String)>,
        notes: &[(&str, &str)],
    ) -> Results {
        let facts = self.flows.iter().flat_map(|flow| flow.facts().to_vec()).chain(facts).collect();
        let notes = notes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let Self { tables, pictures, sections, .. } = self;
        Results {
            tables,
            pictures,
            name,
            page: Page { title: title.into(), lead: vec![lead], facts, sections, notes },
        }
    }
}

impl Results {
    /// Writes one CSV file a table, one PNG file a picture and one HTML page; makes the folder.
    ///
    /// # Errors
    /// [`DenoisingError::Experiment`], [`DenoisingError::Report`].
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        for (name, table) in &self.tables {
            write_table(&folder.join(format!("{name}.csv")), table)?;
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
/// [`DenoisingError::Occupied`]; [`DenoisingError::Experiment`] for a path that is no folder.
pub fn check_free(folder: &Path, force: bool) -> Result<()> {
    match force {
        false if occupied(folder)? => Err(DenoisingError::Occupied { path: folder.into() }),
        _ => Ok(()),
    }
}
