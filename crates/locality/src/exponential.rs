//! e^x for x ≤ 0 without a branch, so that a loop over it is compiled to the machine's vectors.

use std::f64::consts::LOG2_E;

/// 1.5·2^52: adding it leaves the nearest integer in the low bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts, the first with 21 trailing zero bits, so that k·LN2_HIGH is exact.
const LN2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
/// Below it e^x is not a normal number, and 0 is returned.
const LOWEST: f64 = -708.0;
/// 1/j! for j = 0 … 13. With |r| ≤ ln(2)/2 the first term left out is below 5e-18.
const TAYLOR: [f64; 14] = [
    1.0,
    1.0,
    0.5,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// e^x for −∞ ≤ x ≤ 1, to 2 units in the last place; 0 below −708.
///
/// x = k ln 2 + r, e^x = 2^k e^r with the Taylor polynomial of degree 13 for e^r.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let held = if x > LOWEST { x } else { LOWEST };
    let shifted = held * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (held - k * LN2_HIGH) - k * LN2_LOW;
    // Estrin's scheme: short chains of dependent products.
    let (r2, pair) = (r * r, |j: usize| TAYLOR[j] + TAYLOR[j + 1] * r);
    let r4 = r2 * r2;
    let low = (pair(0) + pair(2) * r2) + (pair(4) + pair(6) * r2) * r4;
    let high = (pair(8) + pair(10) * r2) + pair(12) * r4;
    let series = low + high * (r4 * r4);
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    if x > LOWEST { series * power } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for i in 0..200_000 {
            let x = 0.5 - f64::from(i) * 0.003_541;
            let (found, expected) = (exp(x), x.exp());
            assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected, "e^{x}: {found} {expected}");
        }
        for x in [-708.5, -1e300, f64::NEG_INFINITY] {
            assert_eq!(exp(x).to_bits(), 0f64.to_bits(), "e^{x}");
        }
        assert_eq!(exp(0.0).to_bits(), 1f64.to_bits());
    }
}
