//! A report's table on the terminal.

use super::{Cell, Column, Side, Table};
use equipoise_report as report;
use serde_json::{Map, Value};
use std::borrow::Cow;

impl From<&report::Table> for Table {
    fn from(table: &report::Table) -> Self {
        let of_words =
            |c: usize| table.rows.iter().any(|row| matches!(row.get(c), Some(report::Cell::Text(_))));
        let column = |(c, column): (usize, &report::Column)| Column {
            name: Cow::Owned(column.name.clone()),
            side: if of_words(c) { Side::Left } else { Side::Right },
        };
        let columns: Vec<Column> = table.columns.iter().enumerate().map(column).collect();
        let rows = table.rows.iter().map(|row| row.iter().map(Cell::from).collect()).collect();
        Self::new(&columns, rows)
    }
}

impl From<&report::Cell> for Cell {
    fn from(cell: &report::Cell) -> Self {
        match cell {
            report::Cell::Text(text) => Self::Text(text.clone()),
            report::Cell::Count(count) => Self::Text(count.to_string()),
            report::Cell::Number(number) => Self::Number(*number),
            report::Cell::State(verdict) => Self::Text(verdict.label.clone()),
            report::Cell::Absent => Self::Absent,
        }
    }
}

/// One object a row, by the names of the columns; null where a number is absent or not finite.
pub(crate) fn objects(table: &report::Table) -> Value {
    let value = |cell: &report::Cell| match cell {
        report::Cell::Text(text) => Value::from(text.clone()),
        report::Cell::Count(count) => Value::from(*count),
        report::Cell::Number(number) => Value::from(*number),
        report::Cell::State(verdict) => Value::from(verdict.label.clone()),
        report::Cell::Absent => Value::Null,
    };
    let row = |row: &Vec<report::Cell>| {
        let named = table.columns.iter().zip(row).map(|(column, cell)| (column.name.clone(), value(cell)));
        Value::Object(named.collect::<Map<_, _>>())
    };
    Value::Array(table.rows.iter().map(row).collect())
}
