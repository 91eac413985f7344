//! `likelihood_weighting`: the standard deviation follows the square root of the density.

use crate::{Base, LawParameters};

/// N of the Kolmogorov lattice at sub 2, (8, 2, 64, 64): the N_ref of section 3.1. Section 7.5 and
/// the tables of sections 8.2 and 8.3 use the field's own sub 4 instead.
pub const N_REF: usize = 16_384;

/// std = s√ratio, so that N/std² stays; γ as it is (section 3.1).
pub(crate) fn parameters(base: Base, ratio: f64) -> LawParameters {
    LawParameters { std: base.std * ratio.sqrt(), gamma: base.gamma }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keeps_the_strength_without_noise(ratio in 1e-3f64..1e3) {
            let base = Base { std: 0.1, gamma: 0.01 };
            let strength = ratio / parameters(base, ratio).variance(0.0);
            // √ and a square: each rounds once.
            prop_assert!((strength * base.std * base.std - 1.0).abs() <= 8.0 * f64::EPSILON);
        }
    }
}
