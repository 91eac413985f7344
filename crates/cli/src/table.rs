//! The one table of the command line: aligned plain text, or CSV.

mod reported;
pub(crate) use reported::objects;

use equipoise_report::significant;
use std::borrow::Cow;
use std::io::{self, Write};

/// Significant digits of a number in plain text.
const DIGITS: usize = 6;

/// The place of what is absent, in plain text.
const ABSENT: &str = "–";

/// To which side the cells of a column are aligned.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// The head of a column.
#[derive(Clone)]
pub(crate) struct Column {
    name: Cow<'static, str>,
    side: Side,
}

impl Column {
    /// A column of words.
    pub(crate) const fn words(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), side: Side::Left }
    }

    /// A column of numbers.
    pub(crate) const fn numbers(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), side: Side::Right }
    }

    /// A column of words whose name is known only at run time.
    pub(crate) const fn named(name: String) -> Self {
        Self { name: Cow::Owned(name), side: Side::Left }
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    /// Words, or digits that are not ours to round.
    Text(String),
    /// A whole number.
    Count(usize),
    /// A measured number.
    Number(f64),
    /// Nothing to say.
    Absent,
}

/// Rows of cells under named columns.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Whether each row is a name and its value.
    facts: bool,
}

impl Table {
    /// A table whose rows have one cell for each column.
    pub(crate) fn new(columns: &[Column], rows: Vec<Vec<Cell>>) -> Self {
        Self { columns: columns.to_vec(), rows, facts: false }
    }

    /// Names and their values.
    pub(crate) fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, Cell)>) -> Self {
        let rows = facts.into_iter().map(|(name, value)| vec![name.into(), value]).collect();
        Self { facts: true, ..Self::new(&["quantity", "value"].map(Column::words), rows) }
    }

    /// Aligned plain text, each line after `indent`. A column in which every cell is absent is left
    /// out; so is the head of a table of facts.
    pub(crate) fn write_text(&self, to: &mut dyn Write, indent: &str) -> io::Result<()> {
        let head = (!self.facts).then(|| self.columns.iter().map(|column| column.name.to_string()).collect());
        let body = self.rows.iter().map(|row| row.iter().map(Cell::rounded).collect());
        let lines: Vec<Vec<String>> = head.into_iter().chain(body).collect();
        let shown: Vec<(usize, Side, usize)> = (0..self.columns.len())
            .filter(|&c| self.rows.iter().any(|row| row[c] != Cell::Absent))
            .map(|c| {
                let width = lines.iter().map(|line| line[c].chars().count()).max().unwrap_or(0);
                (c, self.columns[c].side, width)
            })
            .collect();
        for line in &lines {
            let cells: Vec<String> = shown
                .iter()
                .map(|&(c, side, width)| match side {
                    Side::Left => format!("{:<width$}", line[c]),
                    Side::Right => format!("{:>width$}", line[c]),
                })
                .collect();
            writeln!(to, "{indent}{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }

    /// Titled tables one after the other, an empty line between them.
    pub(crate) fn write_sections(to: &mut dyn Write, sections: &[(&str, Self)]) -> io::Result<()> {
        for (i, (title, table)) in sections.iter().enumerate() {
            let gap = if i > 0 { "\n" } else { "" };
            writeln!(to, "{gap}{title}")?;
            table.write_text(to, "  ")?;
        }
        Ok(())
    }

    /// The names of the columns and one record a row.
    pub(crate) fn write_csv(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut records = csv::Writer::from_writer(to);
        records.write_record(self.columns.iter().map(|column| &*column.name))?;
        for row in &self.rows {
            records.write_record(row.iter().map(Cell::in_full))?;
        }
        records.flush()
    }

    /// The cells of several tables, one a row under the columns `section`, `item`, `quantity` and
    /// `value`, so that they share a CSV file. The item is the first cell of a row; facts have none.
    pub(crate) fn long(sections: &[(&'static str, Self)]) -> Self {
        let rows = sections.iter().flat_map(|(section, table)| {
            table.rows.iter().flat_map(move |row| {
                table.columns.iter().zip(row).skip(1).map(move |(column, cell)| {
                    let (item, quantity) = if table.facts {
                        (Cell::Absent, &row[0])
                    } else {
                        (row[0].clone(), &(&*column.name).into())
                    };
                    vec![(*section).into(), item, quantity.clone(), cell.clone()]
                })
            })
        });
        Self::new(&["section", "item", "quantity", "value"].map(Column::words), rows.collect())
    }
}

impl Cell {
    /// For reading: numbers with [`DIGITS`] significant digits, or in full where that is no longer.
    fn rounded(&self) -> String {
        match self {
            Self::Number(x) => {
                let (rounded, full) = (significant(*x, DIGITS), x.to_string());
                if x.is_finite() && full.len() <= rounded.len() { full } else { rounded }
            }
            Self::Absent => ABSENT.into(),
            Self::Text(_) | Self::Count(_) => self.in_full(),
        }
    }

    /// For machines: numbers as their shortest decimal that reads back the same.
    fn in_full(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(x) if x.is_finite() => format!("{x:?}"),
            Self::Number(x) => significant(*x, DIGITS),
            Self::Absent => String::new(),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<V: Into<Self>> From<Option<V>> for Cell {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn table() -> Table {
        Table::new(
            &[Column::words("σ/μ"), Column::numbers("x"), Column::numbers("none")],
            vec![
                vec!["a,\"b\"".into(), 640_000.0.into(), Cell::Absent],
                vec!["é".into(), f64::NAN.into(), Cell::Absent],
                vec!["c".into(), f64::NEG_INFINITY.into(), Cell::Absent],
                vec!["d".into(), 1.25e-12.into(), Cell::Absent],
                vec!["e".into(), (0.1 + 0.2).into(), Cell::Absent],
                vec!["f".into(), (-0.0).into(), Cell::Absent],
                vec!["g".into(), f64::MAX.into(), Cell::Absent],
            ],
        )
    }

    #[test]
    fn text_is_aligned_by_characters_and_empty_columns_are_left_out() {
        insta::assert_snapshot!(text(|to| table().write_text(to, "| ")), @r#"
        | σ/μ              x
        | a,"b"       640000
        | é              nan
        | c             -inf
        | d      1.25000e-12
        | e         0.300000
        | f                0
        | g      1.79769e308
        "#);
    }

    #[test]
    fn csv_quotes_and_keeps_every_digit() {
        insta::assert_snapshot!(text(|to| table().write_csv(to)), @r#"
        σ/μ,x,none
        "a,""b""",640000.0,
        é,nan,
        c,-inf,
        d,1.25e-12,
        e,0.30000000000000004,
        f,-0.0,
        g,1.7976931348623157e308,
        "#);
    }

    #[test]
    fn facts_have_no_head_and_go_long_with_other_tables() {
        let facts = || Table::facts([("shape", "2 × 3".into()), ("N", 6usize.into())]);
        assert_eq!(text(|to| facts().write_text(to, "")), "shape  2 × 3\nN      6\n");
        let long = Table::long(&[("file", facts()), ("x", table())]);
        let records = text(|to| long.write_csv(to));
        let lines: Vec<&str> = records.lines().collect();
        assert_eq!(lines[..3], ["section,item,quantity,value", "file,,shape,2 × 3", "file,,N,6"]);
        assert_eq!(lines.len(), 3 + 7 * 2);
        assert_eq!(lines[3], "x,\"a,\"\"b\"\"\",x,640000.0");
        assert_eq!(lines[4], "x,\"a,\"\"b\"\"\",none,");
    }
}
