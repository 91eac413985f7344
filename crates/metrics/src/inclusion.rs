//! Which entries of a field take part in a diagnostic.

use crate::{MetricsError, Result};
use equipoise_field::sum;

/// The entries of a field that count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Inclusion<'a> {
    /// All of them.
    #[default]
    All,
    /// One flag for each grid point (h, w) in row-major order, the same in every plane.
    Plane(&'a [bool]),
    /// One flag for each entry of the field.
    Entries(&'a [bool]),
}

impl Inclusion<'_> {
    /// Whether entry `i` counts.
    ///
    /// # Panics
    /// If `i` lies beyond the flags.
    #[inline(always)]
    pub fn holds(self, i: usize) -> bool {
        match self {
            Self::All => true,
            Self::Plane(flags) => flags[i % flags.len()],
            Self::Entries(flags) => flags[i],
        }
    }

    /// How many of `len` entries count.
    ///
    /// # Errors
    /// If the flags do not fit a field of `len` numbers.
    pub fn count(self, len: usize) -> Result<usize> {
        let held = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
        match self {
            Self::All => Ok(len),
            Self::Plane(flags) if !flags.is_empty() && len.is_multiple_of(flags.len()) => {
                Ok(held(flags) * (len / flags.len()))
            }
            Self::Entries(flags) if flags.len() == len => Ok(held(flags)),
            Self::Plane(flags) | Self::Entries(flags) => {
                Err(MetricsError::Mask { found: flags.len(), expected: len })
            }
        }
    }

    /// The mean of `term` over the entries that count.
    pub(crate) fn mean(
        self,
        what: &'static str,
        len: usize,
        term: impl Fn(usize) -> f64 + Sync,
    ) -> Result<f64> {
        let count = self.count(len)?;
        if count == 0 {
            return Err(MetricsError::Empty { what });
        }
        let total = match self {
            Self::All => sum::of(len, term),
            _ => sum::of(len, |i| if self.holds(i) { term(i) } else { 0.0 }),
        };
        Ok(total / count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_repeats_over_the_field() {
        let plane = [true, false, true];
        let entries = plane.repeat(4);
        let term = |i: usize| i as f64;
        let a = Inclusion::Plane(&plane).mean("x", 12, term).unwrap();
        let b = Inclusion::Entries(&entries).mean("x", 12, term).unwrap();
        assert_eq!(a.to_bits(), b.to_bits());
        assert_eq!(a.to_bits(), (44.0f64 / 8.0).to_bits());
    }

    #[test]
    fn masks_that_do_not_fit_or_leave_nothing_are_refused() {
        assert!(Inclusion::Plane(&[true; 5]).count(12).is_err());
        assert!(Inclusion::Plane(&[]).count(12).is_err());
        assert!(Inclusion::Entries(&[true; 6]).count(12).is_err());
        let empty = Inclusion::Plane(&[false; 4]).mean("rmse", 12, |_| 1.0);
        assert_eq!(empty, Err(MetricsError::Empty { what: "rmse" }));
    }
}
