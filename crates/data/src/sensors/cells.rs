//! The cells of a table by column, whichever kind of file they come from.

use super::COLUMNS;
use crate::DataError;
use std::path::Path;

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
        match text.parse() {
            _ if text.is_empty() => Self::Empty,
            Ok(number) => Self::Number(number),
            Err(_) => Self::Text(text.into()),
        }
    }
}

/// Named columns of equal length.
pub(super) struct Cells {
    pub(super) columns: Vec<(String, Vec<Cell>)>,
    /// Where each row stands in the file.
    pub(super) places: Vec<u64>,
}

impl Cells {
    pub(super) fn rows(&self) -> usize {
        self.places.len()
    }

    pub(super) fn row(&self, i: usize) -> u64 {
        self.places[i]
    }

    /// Every column is known and stands once; time, place and a component are there.
    pub(super) fn check_columns(&self, path: &Path) -> Result<(), DataError> {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let refused = |expected: String| {
            let found = names.iter().map(|&name| name.to_owned()).collect();
            Err(DataError::SensorColumns { path: path.into(), found, expected })
        };
        for (i, name) in names.iter().enumerate() {
            if !COLUMNS.contains(name) {
                return refused(format!("no column `{name}`: known are {}", COLUMNS.join(", ")));
            }
            if names[..i].contains(name) {
                return refused(format!("`{name}` once"));
            }
        }
        let missing = ["time", "x", "y"].into_iter().find(|name| !names.contains(name));
        if let Some(name) = missing {
            return refused(format!("a column `{name}`"));
        }
        if !names.contains(&"u") && !names.contains(&"v") {
            return refused("a column `u` or `v`".into());
        }
        Ok(())
    }

    /// The finite number of a cell; `None` where it is empty or the column is not there.
    pub(super) fn number(&self, path: &Path, i: usize, column: &str) -> Result<Option<f64>, DataError> {
        let Some((_, cells)) = self.columns.iter().find(|(name, _)| name == column) else { return Ok(None) };
        let found = match &cells[i] {
            Cell::Empty => return Ok(None),
            Cell::Number(number) if number.is_finite() => return Ok(Some(*number)),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => format!("{text:?}"),
        };
        Err(DataError::SensorCell {
            path: path.into(),
            row: self.row(i),
            column: column.into(),
            found,
            expected: "a finite number",
        })
    }
}
