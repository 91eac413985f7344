//! `linear`: the standard deviation follows the density itself.

use crate::{Base, LawParameters};

/// std = s·ratio, γ·ratio², so that v is ratio² times its reference (section 9.4).
///
/// Section 9 derives it from σ(t) ∝ std; section 10.8 withdraws that premise.
pub(crate) fn parameters(base: Base, ratio: f64) -> LawParameters {
    LawParameters { std: base.std * ratio, gamma: base.gamma * ratio * ratio }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn variance_follows_the_square_of_the_ratio(ratio in 1e-3f64..1e3, level_ratio in 0.0f64..100.0) {
            let base = Base { std: 0.1, gamma: 0.01 };
            let reference = parameters(base, 1.0).variance(level_ratio);
            let quotient = parameters(base, ratio).variance(level_ratio) / (ratio * ratio * reference);
            prop_assert!((quotient - 1.0).abs() <= 8.0 * f64::EPSILON);
        }
    }
}
