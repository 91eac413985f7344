//! What came of a check: a row a dataset, each with its verdict.

use crate::{Precision, Result};
use serde::Serialize;
use std::fmt;

/// A computed value of the file beside the one computed here.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The dataset; `network.json: ENTRY` for an entry of the manifest that the values contradict.
    pub dataset: String,
    /// The precision in which both were computed; none for a dataset that is not known, and for an entry.
    pub precision: Option<Precision>,
    /// max|Δ|/max|value|, where both are there.
    pub difference: Option<f64>,
    /// How large it may be.
    pub tolerance: Option<f64>,
    /// max|value| in the file.
    pub scale: Option<f64>,
    /// What is to be said of it.
    pub verdict: Verdict,
    /// Why there is no difference, or what a reader of it must know.
    pub note: Option<String>,
}

/// Whether a dataset agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The difference is within the tolerance.
    Agrees,
    /// It is not, or is no number; or a manifest states something else than the values take.
    Differs,
    /// The value could not be computed.
    NotComputed,
    /// A name that the layout does not have.
    NotKnown,
}

/// All rows of a check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What the weights are of.
    pub network: String,
    /// What was decided in reading them.
    pub notes: Vec<String>,
    /// A row for every dataset with a computed value, for every dataset whose name is not known, and for every
    /// entry of the manifest that the values contradict.
    pub rows: Vec<Row>,
    /// Datasets that values are computed from and that no value here was.
    pub unused: Vec<String>,
}

impl Row {
    /// The row of a value by what comparing it gave: max|Δ|/max|value|, max|value| and a note.
    pub(crate) fn new(
        dataset: &str,
        precision: Precision,
        tolerance: f64,
        compared: Result<(f64, f64, Option<String>)>,
    ) -> Self {
        let row = Self {
            precision: Some(precision),
            tolerance: Some(tolerance),
            verdict: Verdict::NotComputed,
            ..Self::unknown(dataset)
        };
        match compared {
            Ok((difference, scale, note)) => {
                let verdict = if difference <= tolerance { Verdict::Agrees } else { Verdict::Differs };
                Self { difference: Some(difference), scale: Some(scale), verdict, note, ..row }
            }
            Err(reason) => Self { note: Some(reason.to_string()), ..row },
        }
    }

    /// The row of a dataset whose name says nothing.
    pub(crate) fn unknown(dataset: &str) -> Self {
        Self {
            dataset: dataset.into(),
            precision: None,
            difference: None,
            tolerance: None,
            scale: None,
            verdict: Verdict::NotKnown,
            note: None,
        }
    }

    /// The row of an entry of a manifest that the values contradict.
    pub(crate) fn stated(entry: &str, note: String) -> Self {
        Self { verdict: Verdict::Differs, note: Some(note), ..Self::unknown(entry) }
    }
}

impl Report {
    /// Whether every row agrees.
    pub fn agrees(&self) -> bool {
        self.rows.iter().all(|row| row.verdict == Verdict::Agrees)
    }

    /// How many rows have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// The largest difference of a precision, with its dataset.
    pub fn worst(&self, precision: Precision) -> Option<(&str, f64)> {
        let of = self.rows.iter().filter(|row| row.precision == Some(precision));
        of.filter_map(|row| Some((row.dataset.as_str(), row.difference?))).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::NotComputed => "not computed",
            Self::NotKnown => "not known",
        })
    }
}

/// max|Δ|/max|value| and max|value|: the first is 0 where both are zero throughout, infinite where only the
/// file is, NaN where an entry computed here is no finite number.
pub(crate) fn difference(found: &[f64], expected: &[f64]) -> (f64, f64) {
    let largest = |values: &mut dyn Iterator<Item = f64>| {
        values.fold(0.0f64, |high, x| if x.is_nan() || high.is_nan() { f64::NAN } else { high.max(x.abs()) })
    };
    let scale = largest(&mut expected.iter().copied());
    let distance = largest(&mut found.iter().zip(expected).map(|(f, e)| f - e));
    match distance {
        d if d.is_infinite() => (f64::NAN, scale),
        0.0 => (0.0, scale),
        d => (d / scale, scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_relative_to_the_largest_value_of_the_file() {
        assert_eq!(difference(&[1.0, -4.5], &[1.0, -4.0]), (0.125, 4.0));
        assert_eq!(difference(&[0.0], &[0.0]), (0.0, 0.0));
        assert_eq!(difference(&[1e-300], &[0.0]), (f64::INFINITY, 0.0));
    }

    #[test]
    fn a_number_that_is_none_is_never_small() {
        for found in [[f64::NAN, 1.0], [1.0, f64::NAN], [f64::INFINITY, 1.0]] {
            assert!(difference(&found, &[1.0, 1.0]).0.is_nan(), "{found:?}");
        }
    }
}
