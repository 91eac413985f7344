//! What a network asked of a file and did not find, and what it did not ask for.

use std::fmt;

/// Lines of one kind that a message shows before it counts the rest.
const SHOWN: usize = 8;

/// Keys that are at fault, with their shapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Asked for and not in the file: key, expected shape.
    pub missing: Vec<(String, Vec<usize>)>,
    /// In the file and not asked for: key, shape.
    pub surplus: Vec<(String, Vec<usize>)>,
    /// Of another shape: key, found, expected.
    pub misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl Accounts {
    /// Whether nothing is at fault.
    pub fn is_clear(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.misshapen.is_empty()
    }
}

impl fmt::Display for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = self.missing.iter().map(|(key, shape)| format!("{key} {shape:?}"));
        section(f, "missing", self.missing.len(), missing)?;
        let surplus = self.surplus.iter().map(|(key, shape)| format!("{key} {shape:?}"));
        section(f, "surplus", self.surplus.len(), surplus)?;
        let misshapen = self
            .misshapen
            .iter()
            .map(|(key, found, expected)| format!("{key}: found {found:?}, expected {expected:?}"));
        section(f, "misshapen", self.misshapen.len(), misshapen)
    }
}

fn section(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    count: usize,
    lines: impl Iterator<Item = String>,
) -> fmt::Result {
    if count == 0 {
        return Ok(());
    }
    write!(f, "\n  {name} ({count}):")?;
    for line in lines.take(SHOWN) {
        write!(f, "\n    {line}")?;
    }
    match count.saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, "\n    and {more} more"),
    }
}
