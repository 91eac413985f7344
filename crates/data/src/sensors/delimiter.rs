//! What separates the cells of a text table.

use super::title::{Columns, Title};
use std::fmt;

/// What stands between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// One sign.
    Sign(char),
    /// Blanks, any number of them.
    Blanks,
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign('\t') => f.write_str("tabs"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::Blanks => f.write_str("blanks"),
        }
    }
}

impl Delimiter {
    pub(super) const ALL: [Self; 4] = [Self::Sign(','), Self::Sign(';'), Self::Sign('\t'), Self::Blanks];

    /// That under which a header names most columns. Blanks stand beside other signs (`u [m/s]; v [m/s]`),
    /// so they need more.
    ///
    /// # Errors
    /// Two signs that name as many.
    pub(super) fn of(header: &str, columns: &Columns) -> Result<Self, String> {
        let known =
            |delimiter: Self| delimiter.titles(header, columns).into_iter().filter(|t| t.column.is_some());
        let named = |delimiter: Self| known(delimiter).count();
        let signs = Self::ALL.into_iter().filter(|d| *d != Self::Blanks && d.cells(header).len() > 1);
        let mut signs: Vec<(usize, Self)> = signs.map(|delimiter| (named(delimiter), delimiter)).collect();
        signs.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        match signs[..] {
            [] => Ok(Self::Blanks),
            [(most, _), ..] if named(Self::Blanks) > most => Ok(Self::Blanks),
            [(most, first), (next, second), ..] if most == next => {
                Err(format!("separated by {first} or by {second}, expected one of them"))
            }
            [(_, first), ..] => Ok(first),
        }
    }

    /// The cells of a line without the blanks and quotes around them. A sign between quotes separates nothing.
    pub(super) fn cells(self, line: &str) -> Vec<&str> {
        let Self::Sign(sign) = self else { return line.split_whitespace().map(unquoted).collect() };
        let mut quoted = false;
        line.split(|c| {
            quoted ^= c == '"';
            c == sign && !quoted
        })
        .map(unquoted)
        .collect()
    }

    /// The titles of a header; a unit in brackets may stand behind a blank whatever separates cells.
    pub(super) fn titles(self, header: &str, columns: &Columns) -> Vec<Title> {
        let mut texts: Vec<String> = Vec::new();
        for cell in self.cells(header) {
            match texts.last_mut() {
                Some(last) if self == Self::Blanks && cell.starts_with(['[', '(']) => {
                    *last = format!("{last} {cell}");
                }
                _ => texts.push(cell.to_owned()),
            }
        }
        texts.iter().map(|text| Title::of(text, columns)).collect()
    }
}

fn unquoted(cell: &str) -> &str {
    cell.trim().trim_matches('"').trim()
}
