//! The order of the two leading axes of a data file.

use crate::DataError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The axis order of a five-dimensional array of N trajectories of T frames with C channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AxisOrder {
    /// (N, T, C, H, W): one trajectory after the other.
    Ntchw,
    /// (T, N, C, H, W): one time after the other.
    Tnchw,
}

impl AxisOrder {
    /// The index of the time axis, 0 or 1.
    pub const fn time_axis(self) -> usize {
        match self {
            Self::Ntchw => 1,
            Self::Tnchw => 0,
        }
    }

    /// The order in which the axis with this index, 0 or 1, is time.
    pub(crate) const fn with_time_axis(axis: usize) -> Self {
        if axis == 0 { Self::Tnchw } else { Self::Ntchw }
    }
}

impl fmt::Display for AxisOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ntchw => "NTCHW",
            Self::Tnchw => "TNCHW",
        })
    }
}

impl FromStr for AxisOrder {
    type Err = DataError;

    /// Reads `NTCHW`, `N,T,C,H,W`, `(N, T, C, H, W)` and the like, in either case.
    fn from_str(text: &str) -> Result<Self, DataError> {
        let letters: String =
            text.chars().filter(|c| !" ,()[]".contains(*c)).map(|c| c.to_ascii_uppercase()).collect();
        match letters.as_str() {
            "NTCHW" => Ok(Self::Ntchw),
            "TNCHW" => Ok(Self::Tnchw),
            _ => Err(DataError::Name { field: "axis order", found: text.into(), expected: "NTCHW or TNCHW" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_files_and_flags_are_read() {
        for text in ["NTCHW", "ntchw", "N,T,C,H,W", "(N, T, C, H, W)", "[N T C H W]"] {
            assert_eq!(text.parse::<AxisOrder>().unwrap(), AxisOrder::Ntchw, "{text}");
        }
        assert_eq!("(T, N, C, H, W)".parse::<AxisOrder>().unwrap(), AxisOrder::Tnchw);
        for text in ["NCTHW", "", "TCHW", "N-T-C-H-W", "time first"] {
            let message = text.parse::<AxisOrder>().unwrap_err().to_string();
            assert!(message.contains("expected NTCHW or TNCHW"), "{message}");
        }
    }
}
