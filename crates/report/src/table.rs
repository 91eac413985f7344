//! Rows of cells under named columns: as a table that sorts on a page, aligned text, CSV or JSON.

use crate::markup::{Caption, escape};
use crate::{Cell, Column, Head};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Rows of cells under named columns.
///
/// As JSON it is an array of one object a row, by the names of the columns.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// What a page says is shown.
    pub caption: Option<Caption>,
    /// The columns.
    pub columns: Vec<Head>,
    /// One cell per column in every row; missing cells read as [`Cell::Absent`].
    pub rows: Vec<Vec<Cell>>,
    /// Significant digits of numbers in plain text, where they are stated.
    digits: Option<usize>,
    /// Whether each row is a name and its value.
    facts: bool,
}

impl Table {
    /// A table whose rows have one cell for each column.
    pub fn new(columns: impl IntoIterator<Item = impl Into<Head>>, rows: Vec<Vec<Cell>>) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        Self { caption: None, columns, rows, digits: None, facts: false }
    }

    /// A row of the table for each of `rows`.
    pub fn of<'c, 'r, 'a: 'c, R: 'r + 'c>(
        columns: impl IntoIterator<Item = &'c Column<'a, R>>,
        rows: impl IntoIterator<Item = &'r R>,
    ) -> Self {
        let columns: Vec<&Column<'a, R>> = columns.into_iter().collect();
        let cells = |row: &'r R| columns.iter().map(|column| (column.get)(row)).collect();
        Self::new(columns.iter().map(|column| &column.head), rows.into_iter().map(cells).collect())
    }

    /// Names and their values.
    pub fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, Cell)>) -> Self {
        let rows = facts.into_iter().map(|(name, value)| vec![name.into(), value]).collect();
        Self { facts: true, ..Self::new(["quantity", "value"], rows) }
    }

    /// With what a page says is shown.
    #[must_use]
    pub fn captioned(self, caption: Caption) -> Self {
        Self { caption: Some(caption), ..self }
    }

    /// With numbers of so many significant digits in plain text, at least one.
    #[must_use]
    pub fn digits(self, digits: usize) -> Self {
        Self { digits: Some(digits), ..self }
    }

    fn cell<'a>(&self, row: &'a [Cell], column: usize) -> &'a Cell {
        row.get(column).unwrap_or(&Cell::Absent)
    }

    /// Aligned plain text, each line after `indent`. A column in which every cell is absent is left out; so is the head
    /// of a table of facts.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_text(&self, to: &mut dyn Write, indent: &str) -> io::Result<()> {
        let places = 0..self.columns.len();
        let head = (!self.facts).then(|| self.columns.iter().map(|head| head.shown().to_owned()).collect());
        let rounded = |row: &Vec<Cell>| {
            places.clone().map(|place| self.cell(row, place).rounded(self.digits)).collect::<Vec<_>>()
        };
        let lines: Vec<Vec<String>> = head.into_iter().chain(self.rows.iter().map(rounded)).collect();
        let shown: Vec<(usize, bool, usize)> = places
            .clone()
            .filter(|&c| self.rows.iter().any(|row| *self.cell(row, c) != Cell::Absent))
            .map(|c| {
                let width = lines.iter().map(|line| line[c].chars().count()).max().unwrap_or(0);
                let left =
                    self.facts || self.columns[c].is_left(self.rows.iter().map(|row| self.cell(row, c)));
                (c, left, width)
            })
            .collect();
        for line in &lines {
            let cells = shown.iter().map(|&(c, left, width)| match left {
                true => format!("{:<width$}", line[c]),
                false => format!("{:>width$}", line[c]),
            });
            writeln!(to, "{indent}{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    /// Titled tables one after the other, an empty line between them.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_sections(to: &mut dyn Write, sections: &[(&str, Self)]) -> io::Result<()> {
        for (i, (title, table)) in sections.iter().enumerate() {
            let gap = if i > 0 { "\n" } else { "" };
            writeln!(to, "{gap}{title}")?;
            table.write_text(to, "  ")?;
        }
        Ok(())
    }

    /// The names of the columns and one record a row, real numbers by [`real`](crate::real); empty where a cell is
    /// absent.
    ///
    /// # Errors
    /// Those of the writer, as [`csv::Error`], which is an [`io::Error`] too.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let mut records = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        records.write_record(self.columns.iter().map(|head| &*head.name))?;
        for row in &self.rows {
            records.write_record((0..self.columns.len()).map(|place| self.cell(row, place).in_full()))?;
        }
        records.into_inner().map_err(|full| full.into_error().into())
    }

    /// Its CSV as a verb prints it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(&self.csv()?)
    }

    /// The cells of several tables, one a row under the columns `section`, `item`, `quantity` and
    /// `value`, so that they share a CSV file. The item is the first cell of a row; facts have none.
    pub fn long(sections: &[(&'static str, Self)]) -> Self {
        let rows = sections.iter().flat_map(|(section, table)| {
            table.rows.iter().flat_map(move |row| {
                table.columns.iter().zip(row).skip(1).map(move |(head, cell)| {
                    let (item, quantity) = if table.facts {
                        (Cell::Absent, row[0].clone())
                    } else {
                        (row[0].clone(), (&*head.name).into())
                    };
                    vec![(*section).into(), item, quantity, cell.clone()]
                })
            })
        });
        Self::new(["section", "item", "quantity", "value"], rows.collect())
    }

    /// The sortable table of a page.
    pub(crate) fn write(&self, html: &mut String) {
        // The script shows it.
        html.push_str(
            "<p class=\"filter\" hidden><label>Filter <input type=\"search\" \
             placeholder=\"text, column&gt;number\"></label> <output aria-live=\"polite\"></output></p>\n",
        );
        html.push_str("<div class=\"scroll tall\" tabindex=\"0\"><table class=\"sortable\">");
        if let Some(caption) = &self.caption {
            let _ = write!(html, "<caption>{}</caption>", caption.html());
        }
        html.push_str("\n<thead><tr>");
        for head in &self.columns {
            let meaning = match &*head.explained() {
                "" => String::new(),
                meaning => format!(" title=\"{}\"", escape(meaning)),
            };
            let _ = write!(
                html,
                "<th scope=\"col\"{meaning}><button type=\"button\">{}</button></th>",
                escape(head.shown())
            );
        }
        html.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            html.push_str("<tr>");
            (0..self.columns.len()).for_each(|place| html.push_str(&self.cell(row, place).html()));
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody></table></div>\n");
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.rows.iter().map(|row| Record { table: self, row }))
    }
}

/// One row by the names of the columns.
struct Record<'a> {
    table: &'a Table,
    row: &'a [Cell],
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(Some(self.table.columns.len()))?;
        for (place, head) in self.table.columns.iter().enumerate() {
            object.serialize_entry(&*head.name, self.table.cell(self.row, place))?;
        }
        object.end()
    }
}

#[cfg(test)]
mod tests;
