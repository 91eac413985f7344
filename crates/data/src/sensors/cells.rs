//! The cells of a table by column, whichever kind of file they come from.

use super::title::{Columns, Title, units};
use crate::{DataError, Result, Units};
use std::path::Path;

/// Columns that say which rows hold no measurement, by the beginning of their names.
const MARKS: [&str; 6] = ["flag", "mask", "valid", "status", "quality", "chc"];

/// A cell as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// A number, perhaps not finite.
    Number(f64),
    /// A text that is no number.
    Text(String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        match number(text) {
            _ if text.is_empty() => Self::Empty,
            Some(number) => Self::Number(number),
            None => Self::Text(text.into()),
        }
    }
}

/// A number with a decimal point; its exponent may begin with the D of Fortran, its minus may be U+2212.
fn number(text: &str) -> Option<f64> {
    let plain = || text.replace('\u{2212}', "-").replace(['D', 'd'], "e");
    text.parse().ok().or_else(|| plain().parse().ok())
}

/// One column.
pub(super) struct Column {
    pub(super) title: Title,
    pub(super) cells: Vec<Cell>,
}

/// Columns of equal length.
pub(super) struct Cells {
    pub(super) columns: Vec<Column>,
    /// Where each row stands in the file.
    pub(super) places: Vec<u64>,
    /// How the file was read, where more than one way was open.
    pub(super) notes: Vec<String>,
}

impl Cells {
    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    pub(super) fn row(&self, i: usize) -> u64 {
        self.places[i]
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|c| c.title.column.as_deref() == Some(column))
    }

    /// Every known column stands once; time, place, a component and its noise are there, in units that agree.
    /// Answers with notes and warnings on what the header says and what is ignored, and the units that it states.
    pub(super) fn check_columns(
        &self,
        path: &Path,
        noise: Option<f64>,
        columns: &Columns,
    ) -> Result<([Vec<String>; 2], Units)> {
        let titles: Vec<Title> = self.columns.iter().map(|column| column.title.clone()).collect();
        let refused = |expected: String| {
            let found = titles.iter().map(|title| title.text.clone()).collect();
            DataError::SensorColumns { path: path.into(), found, expected }
        };
        let known = |name: &str| titles.iter().filter(|title| title.column.as_deref() == Some(name)).count();
        if let Some(name) = columns.known.iter().find(|name| known(name) > 1) {
            return Err(refused(format!("`{name}` once")));
        }
        if let Some(name) = ["time", "x", "y"].into_iter().find(|name| !self.has(name)) {
            let one = if name == "time" {
                ", the same number in every row where all are of one moment"
            } else {
                ""
            };
            return Err(refused(format!("a column `{name}`{one}")));
        }
        let components = &columns.components;
        if !components.iter().any(|name| self.has(name)) {
            return Err(refused(format!("a column {}", either(components.clone()))));
        }
        let of_one = components.iter().map(|name| format!("noise_{name}"));
        let noises: Vec<String> = std::iter::once("noise".into()).chain(of_one).collect();
        if noise.is_none() && !noises.iter().any(|name| self.has(name)) {
            return Err(refused(format!("a column {}, or --noise", either(noises))));
        }
        let units = units(&titles).map_err(refused)?;
        let warning = units.as_ref().and_then(|units| units.warning());
        let stated = units.as_ref().map(|units| units.stated()).unwrap_or_default();
        let notes = units.map(|units| units.note()).into_iter().chain(self.ignored(columns)).collect();
        Ok(([notes, warning.into_iter().chain(self.marks()).collect()], stated))
    }

    /// What is said of the columns that are not known.
    fn ignored(&self, columns: &Columns) -> Option<String> {
        let told = |(i, column): (usize, &Column)| match column.title.text.as_str() {
            "" => format!("column {} (without a name)", i + 1),
            text => format!("`{text}`"),
        };
        let unknown = self.columns.iter().enumerate().filter(|(_, column)| column.title.column.is_none());
        let unknown: Vec<String> = unknown.map(told).collect();
        let known = columns.listed();
        (!unknown.is_empty()).then(|| format!("columns ignored: {}; known are {known}", unknown.join(", ")))
    }

    /// What is said of columns of marks that tell rows apart: they are ignored like any other.
    fn marks(&self) -> impl Iterator<Item = String> {
        let is_mark = |column: &&Column| {
            let name = column.title.text.to_ascii_lowercase();
            column.title.column.is_none() && MARKS.iter().any(|mark| name.starts_with(mark))
        };
        self.columns.iter().filter(is_mark).filter_map(|Column { title, cells }| {
            let first = cells.first()?;
            let other = cells.iter().position(|cell| cell != first)?;
            Some(format!(
                "column `{}` is ignored, but it tells rows apart (row {} from row {}): leave out the rows that it marks as \
                 invalid",
                title.text,
                self.row(other),
                self.row(0)
            ))
        })
    }

    /// A cell of a known column.
    pub(super) fn cell(&self, i: usize, column: &str) -> Option<&Cell> {
        let found = self.columns.iter().find(|c| c.title.column.as_deref() == Some(column))?;
        found.cells.get(i)
    }

    /// The finite number of a cell; `None` where it is empty or the column is not there.
    pub(super) fn number(&self, path: &Path, i: usize, column: &str) -> Result<Option<f64>> {
        let Some(Column { cells, .. }) =
            self.columns.iter().find(|c| c.title.column.as_deref() == Some(column))
        else {
            return Ok(None);
        };
        let mut expected = "a finite number";
        let found = match &cells[i] {
            Cell::Empty => return Ok(None),
            Cell::Number(number) if number.is_finite() => return Ok(Some(*number)),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => {
                if text.contains(',') {
                    expected = "a finite number with a decimal point and no commas between digits";
                }
                format!("{text:?}")
            }
        };
        Err(DataError::SensorCell {
            path: path.into(),
            row: self.row(i),
            column: column.into(),
            found,
            expected,
        })
    }
}

/// `a`, `b` or `c`, in quotes.
pub(super) fn either(names: Vec<String>) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
