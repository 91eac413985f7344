//! `clamped_linear`: `linear` held above two floors.

use crate::{Base, LawParameters, linear};

/// BASE_STD and BASE_GAMMA of section 13.5.
pub const BASE: Base = Base { std: 0.2, gamma: 0.04 };

/// MIN_STD of section 13.5.
pub const MIN_STD: f64 = 0.15;

/// MIN_GAMMA of section 13.5.
pub const MIN_GAMMA: f64 = 0.02;

/// std = max(s·ratio, 0.15), γ = max(γ·ratio², 0.02) (section 13.5).
pub(crate) fn parameters(base: Base, ratio: f64) -> LawParameters {
    let LawParameters { std, gamma } = linear::parameters(base, ratio);
    LawParameters { std: std.max(MIN_STD), gamma: gamma.max(MIN_GAMMA) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn is_linear_or_the_floor(ratio in 1e-3f64..1e3) {
            let (clamped, free) = (parameters(BASE, ratio), linear::parameters(BASE, ratio));
            prop_assert!(clamped.std >= MIN_STD && clamped.gamma >= MIN_GAMMA);
            if ratio >= 0.75 {
                prop_assert_eq!(clamped, free);
            }
            if ratio <= 0.7 {
                prop_assert_eq!(clamped, LawParameters { std: MIN_STD, gamma: MIN_GAMMA });
            }
        }
    }
}
