//! What every crate says of a buffer of the wrong length.

/// A buffer of the wrong length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: found length {found}, expected {expected}")]
pub struct Length {
    /// The buffer.
    pub what: &'static str,
    /// Its length.
    pub found: usize,
    /// The length it should have.
    pub expected: usize,
}

impl Length {
    /// Whether `what` is as long as it should be.
    ///
    /// # Errors
    /// [`Length`] unless `found` is `expected`.
    pub fn check(what: &'static str, found: usize, expected: usize) -> Result<(), Self> {
        if found == expected { Ok(()) } else { Err(Self { what, found, expected }) }
    }

    /// How many vectors of `one` numbers `what` holds, one after the other.
    ///
    /// # Errors
    /// [`Length`], which expects `one`, where the last is not whole, or `one` is 0.
    pub fn members(what: &'static str, found: usize, one: usize) -> Result<usize, Self> {
        match found.checked_div(one) {
            Some(count) if count * one == found => Ok(count),
            _ => Err(Self { what, found, expected: one }),
        }
    }
}
