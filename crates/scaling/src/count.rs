//! How many numbers a lattice of observations holds.

use crate::ScalingError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How the rows and columns of a lattice are counted when the stride does not divide the grid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NConvention {
    /// ⌈H/sub⌉·⌈W/sub⌉, what the operator `x[..., ::sub, ::sub]` yields.
    #[default]
    True,
    /// ⌊H/sub⌋·⌊W/sub⌋, what the study's code counts (section 13.5).
    Floor,
}

impl NConvention {
    /// What it counts, for captions.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::True => "true N of the operator, ⌈H/sub⌉·⌈W/sub⌉ a plane",
            Self::Floor => "⌊H/sub⌋·⌊W/sub⌋ a plane, the study's count",
        }
    }
}

impl fmt::Display for NConvention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::True => "true",
            Self::Floor => "floor",
        })
    }
}

impl FromStr for NConvention {
    type Err = ScalingError;

    fn from_str(text: &str) -> Result<Self, ScalingError> {
        match text {
            "true" => Ok(Self::True),
            "floor" => Ok(Self::Floor),
            _ => Err(ScalingError::UnknownConvention { found: text.to_owned() }),
        }
    }
}

/// N of every `sub`-th row and column of all `frames`·`channels` planes.
///
/// # Errors
/// If `sub` is 0 or exceeds the shorter side of the grid.
pub fn lattice_count(
    frames: usize,
    channels: usize,
    height: usize,
    width: usize,
    sub: usize,
    convention: NConvention,
) -> Result<usize, ScalingError> {
    let largest = height.min(width);
    if sub == 0 || sub > largest {
        return Err(ScalingError::Stride { sub, largest, height, width });
    }
    let side = |length: usize| match convention {
        NConvention::True => length.div_ceil(sub),
        NConvention::Floor => length / sub,
    };
    Ok(frames * channels * side(height) * side(width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn true_counts_the_visited_points(h in 1usize..40, w in 1usize..40, sub in 1usize..40) {
            prop_assume!(sub <= h.min(w));
            let visited = (0..h).step_by(sub).count() * (0..w).step_by(sub).count();
            prop_assert_eq!(lattice_count(3, 2, h, w, sub, NConvention::True), Ok(6 * visited));
            let whole = lattice_count(3, 2, h, w, sub, NConvention::Floor);
            prop_assert!(whole.unwrap() <= 6 * visited);
        }
    }

    #[test]
    fn conventions_agree_where_the_stride_divides_the_grid() {
        for sub in [1, 2, 4, 8, 16] {
            let counts = [NConvention::True, NConvention::Floor].map(|c| lattice_count(8, 2, 64, 64, sub, c));
            assert_eq!(counts, [Ok(65_536 / (sub * sub)), Ok(65_536 / (sub * sub))]);
        }
    }

    #[test]
    fn strides_without_a_lattice_are_refused() {
        let error = lattice_count(1, 2, 199, 399, 200, NConvention::True).unwrap_err();
        assert_eq!(
            error.to_string(),
            "sub: found 200, expected 1 to 199, the shorter side of the 199 × 399 grid"
        );
        assert!(lattice_count(1, 2, 199, 399, 0, NConvention::Floor).is_err());
    }

    #[test]
    fn names_round_trip() {
        for convention in [NConvention::True, NConvention::Floor] {
            assert_eq!(convention.to_string().parse(), Ok(convention));
        }
        assert!("ceil".parse::<NConvention>().is_err());
    }
}
