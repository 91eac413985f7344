//! Ranges of what a plan sets.

use crate::{Error, Result};

/// Refuses an empty list.
///
/// # Errors
/// [`Error::Setting`].
pub fn filled(field: &'static str, len: usize) -> Result<()> {
    require(field, "an empty list", len > 0, "at least one entry")
}

/// Refuses a setting that is out of its range.
///
/// # Errors
/// [`Error::Setting`] unless it `holds`.
pub fn require(field: &'static str, found: impl ToString, holds: bool, expected: &'static str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Setting { field, found: found.to_string(), expected }) }
}
