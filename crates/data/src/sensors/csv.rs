//! Cells of a text table: lines, header, delimiter, decimal sign.

use super::cells::{Cell, Cells, Column};
use super::decimal::Decimal;
use super::delimiter::Delimiter;
use super::title::{Columns, Title};
use crate::{DataError, Result};
use std::path::Path;

/// Lines that begin with one of these are comments.
const COMMENT: [char; 2] = ['#', '%'];

/// Known columns that a comment names if it is the header.
const NAMED: usize = 3;

/// A line that counts, with its number from 1.
type Line<'a> = (u64, &'a str);

pub(super) fn cells(path: &Path, bytes: Vec<u8>, known: &Columns) -> Result<Cells> {
    let refused = |detail: String| DataError::SensorTable { path: path.into(), detail };
    let text = text(bytes).map_err(refused)?;
    let (comments, mut rows) = lines(text.trim_start_matches('\u{feff}'));
    let mut notes = Vec::new();
    let stated = stated(&rows);
    if stated.is_some() {
        rows.remove(0);
    }
    let (row, header, free) = header(&comments, &mut rows, known).map_err(refused)?;
    if free {
        notes.push(format!("line {row}, a comment, names the columns"));
    }
    let delimiter = stated.map_or_else(|| Delimiter::of(header, known), Ok);
    let delimiter = delimiter.map_err(|found| refused(format!("row {row}: {found}")))?;
    let titles = delimiter.titles(header, known);
    let delimiter =
        rows.first().filter(|_| free).map_or(delimiter, |row| of_rows(row, titles.len(), delimiter));
    let mut table = Vec::new();
    for &(row, line) in &rows {
        let cells = delimiter.cells(line);
        if cells.len() != titles.len() {
            return Err(refused(uneven(row, line, titles.len(), delimiter)));
        }
        table.push((row, cells));
    }
    let decimal = Decimal::of(delimiter, &titles, &table).map_err(refused)?;
    if delimiter != Delimiter::Sign(',') {
        notes.push(format!("cells are separated by {delimiter}{}", decimal.told()));
    }
    let column = |(i, title): (usize, Title)| {
        let cells = table.iter().map(|(_, cells)| Cell::from(&*decimal.pointed(cells[i]))).collect();
        Column { title, cells }
    };
    let columns = titles.into_iter().enumerate().map(column).collect();
    Ok(Cells { columns, places: table.iter().map(|(row, _)| *row).collect(), notes })
}

/// The line that names the columns, taken from the rows or, where the first holds numbers, a comment, and
/// whether it is one.
fn header<'a>(
    comments: &[Line<'a>],
    rows: &mut Vec<Line<'a>>,
    known: &Columns,
) -> Result<(u64, &'a str, bool), String> {
    let Some(&first) = rows.first() else {
        return Err(format!(
            "found no line of text, expected one that names the columns: {}",
            known.listed()
        ));
    };
    if is_numbers(first.1) {
        let (row, header) =
            commented(comments, &first, known).ok_or_else(|| unnamed(comments, &first, known))?;
        return Ok((row, header, true));
    }
    let (row, header) = rows.remove(0);
    Ok((row, header, false))
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("found UTF-16 text, expected UTF-8".into());
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        format!("row {line}: found bytes that are no UTF-8, expected a CSV or HDF5 file")
    })?;
    match text.contains('\0') {
        true => Err("found a zero byte, expected a CSV or HDF5 file".into()),
        false => Ok(text),
    }
}

/// Comments, and the other lines that are not empty. Lines end with LF or CRLF, or all with CR alone.
fn lines(text: &str) -> (Vec<Line<'_>>, Vec<Line<'_>>) {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines = (1..).zip(text.split(end)).filter(|(_, line)| !line.trim().is_empty());
    lines.partition(|(_, line)| line.trim_start().starts_with(COMMENT))
}

/// The delimiter that a first line `sep=;`, which Excel reads, states.
fn stated(rows: &[Line<'_>]) -> Option<Delimiter> {
    let sign = rows.first()?.1.trim_end_matches(['\r', '\n']).strip_prefix("sep=")?;
    let mut signs = sign.chars();
    signs.next().filter(|_| signs.next().is_none()).map(Delimiter::Sign)
}

/// Whether a line holds numbers alone, whatever separates them.
fn is_numbers(line: &str) -> bool {
    let mut cells = line.split([',', ';', '\t', ' ', '"', '\r']).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(|cell| matches!(Cell::from(cell), Cell::Number(_)))
}

/// The comment before the first row that names columns, as NumPy and OpenPIV write their header: the last
/// with as many as the row has cells, or else the last.
fn commented<'a>(comments: &[Line<'a>], first: &Line<'_>, known: &Columns) -> Option<Line<'a>> {
    let bare = |line: &'a str| line.trim_start().trim_start_matches(COMMENT).trim_matches([' ', '\r']);
    let named = |line: &str| {
        let named =
            |d: Delimiter| d.titles(line, known).iter().filter(|title| title.column.is_some()).count();
        Delimiter::ALL.into_iter().map(named).max() >= Some(NAMED)
    };
    let fits = |line: &str| {
        Delimiter::of(line, known)
            .is_ok_and(|d| d.titles(line, known).len() == d.cells(first.1.trim_end()).len())
    };
    let headers = comments.iter().rev().filter(|line| line.0 < first.0).map(|(row, line)| (*row, bare(line)));
    let headers: Vec<Line<'a>> = headers.filter(|(_, line)| named(line)).collect();
    headers.iter().find(|(_, line)| fits(line)).or_else(|| headers.first()).copied()
}

/// The delimiter of the rows behind a comment, whose own may be another: that of the header, unless another
/// alone gives the first row as many cells.
fn of_rows(first: &Line<'_>, expected: usize, header: Delimiter) -> Delimiter {
    let fits = |delimiter: &Delimiter| delimiter.cells(first.1.trim_end()).len() == expected;
    let fitting: Vec<Delimiter> = Delimiter::ALL.into_iter().filter(fits).collect();
    match fitting[..] {
        [only] => only,
        _ => header,
    }
}

/// What is said of a table whose columns have no names.
fn unnamed(comments: &[Line<'_>], first: &Line<'_>, known: &Columns) -> String {
    let davis =
        comments.iter().any(|(_, line)| line.trim_start_matches(COMMENT).trim_start().starts_with("DaVis"));
    let davis = if davis { "; a text file of DaVis names none" } else { "" };
    format!(
        "row {}: found numbers, expected a line before them that names the columns: {}{davis}",
        first.0,
        known.listed()
    )
}

/// What is said of a row with another number of cells than the header.
fn uneven(row: u64, line: &str, expected: usize, delimiter: Delimiter) -> String {
    let found = delimiter.cells(line).len();
    let mut text = format!("row {row}: found {found} cells, expected {expected}, one a column");
    let other = Delimiter::ALL.into_iter().find(|d| *d != delimiter && d.cells(line).len() == expected);
    if let Some(other) = other.filter(|_| expected > 1) {
        text += &format!("; the header is separated by {delimiter}, this row by {other}");
    } else if found == expected + 1 && delimiter.cells(line).last().is_some_and(|cell| cell.is_empty()) {
        text += &format!("; it ends with {delimiter}, which the header does not");
    }
    text
}
