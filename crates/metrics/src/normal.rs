//! The standard normal law: Φ, φ and the complementary error function.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// From here on the continued fraction is used.
const FAR: f64 = 2.5;
/// Its terms; at [`FAR`] the error falls as exp(−2·2.5·√(2n)), below 1e-16 from n = 28 on.
const TERMS: u32 = 40;

/// φ(x) = exp(−x²/2)/√(2π).
pub(crate) fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / TAU.sqrt()
}

/// Φ(x), to an absolute 1e-15.
pub(crate) fn cumulative(x: f64) -> f64 {
    let tail = 0.5 * erfc(x.abs() * FRAC_1_SQRT_2);
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// erfc(x) = (2/√π) ∫_x^∞ exp(−t²) dt for x ≥ 0.
///
/// Near zero 1 − (2x/√π) e^{−x²} Σ_n (2x²)ⁿ/(2n + 1)!!, far out Laplace's continued fraction
/// (Abramowitz & Stegun 1964, 7.1.6 and 7.1.14).
pub(crate) fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let bell = (-x * x).exp();
    if x >= FAR {
        let fraction = (1..=TERMS).rev().fold(x, |rest, k| x + 0.5 * f64::from(k) / rest);
        return bell / (PI.sqrt() * fraction);
    }
    let (mut term, mut sum, mut odd) = (1.0, 1.0, 1.0);
    while term > 0.25 * f64::EPSILON * sum {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    1.0 - 2.0 * x / PI.sqrt() * bell * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Φ to ten digits (Abramowitz & Stegun 1964, table 26.1) and erfc in the far tail.
    #[test]
    fn tabulated_values() {
        for (x, phi) in [
            (0.0, 0.5),
            (0.5, 0.6914624613),
            (1.0, 0.8413447461),
            (2.0, 0.9772498681),
            (3.0, 0.9986501020),
            (-1.0, 0.1586552539),
        ] {
            assert!((cumulative(x) - phi).abs() < 5.1e-11, "{x}: {}", cumulative(x));
        }
        // erfc(5) = 1.5374597944e-12.
        assert!((erfc(5.0) / 1.537_459_794_4e-12 - 1.0).abs() < 1e-10);
        assert!(erfc(f64::NAN).is_nan());
        assert_eq!(erfc(40.0).to_bits(), 0.0f64.to_bits());
    }

    /// Both forms agree where they meet: 1 − erf has lost erfc(2.5)⁻¹ = 2500 of its digits there.
    #[test]
    fn the_two_forms_meet() {
        let step = 1e-9;
        let slope = 2.0 / PI.sqrt() * (-FAR * FAR).exp();
        let jump = erfc(FAR - step) - erfc(FAR) - step * slope;
        assert!(jump.abs() < 4.0 * f64::EPSILON, "{jump:e}");
    }
}
