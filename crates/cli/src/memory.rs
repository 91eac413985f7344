//! How much memory a verb may take: as stated, or half of what is free.

use equipoise_prior::Resources;
use serde::{Serialize, Serializer};
use std::fmt;

/// Taken where the system does not say what is free.
const UNKNOWN: usize = 2 << 30;

/// A bound on the memory of the process, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Memory {
    /// As the user says.
    Given(usize),
    /// Half of what the system has available.
    Half(usize),
    /// The system does not say what is available.
    Unknown,
}

impl Memory {
    /// Half of what the system says is free.
    pub(crate) fn half_of_the_free() -> Self {
        Resources::free().map_or(Self::Unknown, |bytes| Self::Half(bytes / 2))
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Given(bytes) | Self::Half(bytes) => bytes,
            Self::Unknown => UNKNOWN,
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {:.2} GiB", self.bytes() as f64 / f64::from(1 << 30))?;
        f.write_str(match self {
            Self::Given(_) => "",
            Self::Half(_) => ", half of what was free",
            Self::Unknown => "; the system does not say what is free",
        })
    }
}

impl Serialize for Memory {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(self.bytes() as u64)
    }
}

/// A number of bytes: `4GiB`, `500 MiB`, `1.5TiB`, `1048576`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err("expected a number of bytes, or one with KiB, MiB, GiB or TiB".into()),
    };
    let number = digits.trim().parse::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0);
    let bytes = number.map(|x| x * (1u64 << unit) as f64).filter(|x| *x >= 1.0 && *x < usize::MAX as f64);
    bytes.map(|x| x as usize).ok_or_else(|| "expected a size above 0, such as 4GiB".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_binary_and_misspelt_ones_refused() {
        assert_eq!((size("4GiB"), size("1.5 MiB"), size("7")), (Ok(4 << 30), Ok(3 << 19), Ok(7)));
        for text in ["4GB", "", "GiB", "-1GiB", "0", "nan", "1e40TiB", "four"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
