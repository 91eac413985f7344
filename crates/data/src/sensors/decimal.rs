//! Whether the numbers of a text table are written with a decimal point or a decimal comma.

use super::delimiter::Delimiter;
use super::title::Title;
use std::borrow::Cow;

/// The sign before the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decimal {
    Point,
    Comma,
}

impl Decimal {
    /// That of the known columns. Commas are looked at where `;` or tabs separate cells only: elsewhere a
    /// comma in a cell is no part of a number.
    ///
    /// # Errors
    /// Points and commas side by side, or commas that may as well group digits.
    pub(super) fn of(
        delimiter: Delimiter,
        titles: &[Title],
        table: &[(u64, Vec<&str>)],
    ) -> Result<Self, String> {
        if !matches!(delimiter, Delimiter::Sign(sign) if sign != ',') {
            return Ok(Self::Point);
        }
        let known: Vec<usize> = (0..titles.len()).filter(|i| titles[*i].column.is_some()).collect();
        let numbers = || table.iter().flat_map(|(row, cells)| known.iter().map(move |i| (*row, cells[*i])));
        let numbers = || numbers().filter(|(_, cell)| is_number(cell));
        let with = |sign: char| numbers().find(|(_, cell)| cell.contains(sign));
        let Some((row, comma)) = with(',') else { return Ok(Self::Point) };
        if let Some((other, point)) = with('.') {
            return Err(format!(
                "row {row}: found `{comma}`, and `{point}` in row {other}; expected decimal points or decimal commas \
                 alone, and digits that are not grouped"
            ));
        }
        let grouped = |(_, cell): &(u64, &str)| is_grouped(cell) && cell.contains(',');
        let twice = numbers().find(|(_, cell)| cell.matches(',').count() > 1);
        let doubtful = numbers().filter(|(_, cell)| cell.contains(',')).all(|number| grouped(&number));
        match twice.or(Some((row, comma)).filter(|_| doubtful)) {
            None => Ok(Self::Comma),
            Some((row, found)) => Err(format!(
                "row {row}: found `{found}`, expected decimal points, or decimal commas that cannot be taken for \
                 grouped digits"
            )),
        }
    }

    /// A cell with a decimal point.
    pub(super) fn pointed(self, cell: &str) -> Cow<'_, str> {
        match self {
            Self::Comma if is_number(cell) => cell.replace(',', ".").into(),
            _ => cell.into(),
        }
    }

    /// What a note adds.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::Point => "",
            Self::Comma => ", numbers have decimal commas",
        }
    }
}

/// Made of what numbers are made of.
fn is_number(cell: &str) -> bool {
    let sign = |c: char| c.is_ascii_digit() || ",.+-\u{2212}eEdD".contains(c);
    cell.contains(|c: char| c.is_ascii_digit()) && cell.chars().all(sign)
}

/// `1,234` and `-12,345,678`, which group thousands; `0,125` does not.
fn is_grouped(cell: &str) -> bool {
    let mut groups = cell.trim_start_matches(['+', '-', '\u{2212}']).split(',');
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && digits(group))
}
