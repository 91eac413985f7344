//! `dual`: both terms of the variance follow the density.

use crate::{Base, LawParameters};

/// std = s√ratio, γ·ratio, so that v is ratio times its reference at every t (section 8.5).
pub(crate) fn parameters(base: Base, ratio: f64) -> LawParameters {
    LawParameters { std: base.std * ratio.sqrt(), gamma: base.gamma * ratio }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keeps_the_strength_at_every_level(ratio in 1e-3f64..1e3, level_ratio in 0.0f64..100.0) {
            let base = Base { std: 0.1, gamma: 0.01 };
            let reference = parameters(base, 1.0).variance(level_ratio);
            let quotient = parameters(base, ratio).variance(level_ratio) / (ratio * reference);
            prop_assert!((quotient - 1.0).abs() <= 8.0 * f64::EPSILON);
        }
    }
}
