//! One cell of a table, and the ways in which its number is written.

use crate::Verdict;
use crate::markup::escape;
use crate::significant;
use serde::{Serialize, Serializer};

/// Significant digits of a number in plain text.
const IN_TEXT: usize = 6;

/// Significant digits of a number on a page.
const ON_PAGE: usize = 4;

/// Letters above which words go over several lines on a page.
const LONG: usize = 40;

/// The place of what is absent, for readers.
const ABSENT: &str = "–";

/// One cell of a [`Table`](crate::Table).
///
/// As JSON it is a string, a number, or `null` where it is absent; a number that is not finite is `null` too.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Words, or digits that are not ours to round.
    Text(String),
    /// A whole number, printed in full.
    Count(u64),
    /// A measured number, rounded for readers and in full for machines.
    Number(f64),
    /// A state.
    State(Verdict),
    /// Nothing to say.
    Absent,
}

/// A real number as every table for machines writes it: the shortest decimal that reads back the same, always with a
/// point (`1.0`, `1.0e-5`, `-0.0`), so that no reader takes a column of them for whole numbers; `NaN`, which every one
/// knows for a number; `inf` and `-inf`.
///
/// ```
/// use equipoise_report::real;
/// assert_eq!([1.0, 1e-5, 2.5e16, f64::NAN].map(real), ["1.0", "1.0e-5", "2.5e16", "NaN"]);
/// ```
pub fn real(x: f64) -> String {
    let text = format!("{x:?}");
    match text.split_once('e') {
        Some((digits, power)) if !digits.contains('.') => format!("{digits}.0e{power}"),
        _ => text,
    }
}

impl Cell {
    /// Whether it is a word, which stands at the left.
    pub(crate) const fn is_words(&self) -> bool {
        matches!(self, Self::Text(_) | Self::State(_))
    }

    /// For reading: numbers with `digits` significant digits where they are stated, else with [`IN_TEXT`], or in full
    /// where that is no longer.
    pub(crate) fn rounded(&self, digits: Option<usize>) -> String {
        match (self, digits) {
            (Self::Number(x), Some(digits)) => significant(*x, digits),
            (Self::Number(x), None) => {
                let (rounded, full) = (significant(*x, IN_TEXT), x.to_string());
                if x.is_finite() && full.len() <= rounded.len() { full } else { rounded }
            }
            (Self::Absent, _) => ABSENT.into(),
            _ => self.in_full(),
        }
    }

    /// For machines.
    pub(crate) fn in_full(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Number(x) => real(*x),
            Self::State(verdict) => verdict.label.clone(),
            Self::Absent => String::new(),
        }
    }

    /// The `td` element; `data-v` carries the number that sorting compares.
    pub(crate) fn html(&self) -> String {
        match self {
            Self::Text(text) if text.chars().count() > LONG => {
                format!("<td class=\"t\">{}</td>", escape(text))
            }
            Self::Text(text) => format!("<td>{}</td>", escape(text)),
            Self::Count(count) => format!("<td class=\"n\" data-v=\"{count}\">{count}</td>"),
            Self::Number(value) => {
                let shown = significant(*value, ON_PAGE);
                format!("<td class=\"n\" data-v=\"{value:e}\">{shown}</td>")
            }
            Self::State(verdict) => format!("<td>{}</td>", verdict.html()),
            Self::Absent => format!("<td class=\"absent\">{ABSENT}</td>"),
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Count(count) => to.serialize_u64(*count),
            Self::Number(number) => to.serialize_f64(*number),
            Self::State(verdict) => to.serialize_str(&verdict.label),
            Self::Absent => to.serialize_none(),
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

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Verdict> for Cell {
    fn from(verdict: Verdict) -> Self {
        Self::State(verdict)
    }
}

impl<V: Into<Self>> From<Option<V>> for Cell {
    fn from(value: Option<V>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}
