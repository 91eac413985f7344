//! Elementary functions without a branch, so that a loop over them runs in vectors.
//!
//! Sums and products are rounded as written on every machine: `mul_add` rounds once by definition.
//! Coefficients are those of fdlibm (Sun Microsystems 1993), `e_log.c`, `k_sin.c` and `k_cos.c`.

use std::f64::consts::FRAC_PI_2;

/// The bits of 1.
const ONE: u64 = 0x3ff0_0000_0000_0000;
/// 2⁵², whose last bit counts ones.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// The upper 52 bits as (k + ½)·2⁻⁵², within (0, 1).
#[inline(always)]
pub(super) fn unit(word: u64) -> f64 {
    f64::from_bits(ONE | word >> 12) - (1.0 - 0.5 * f64::EPSILON)
}

/// ln x of a normal number x > 0, to an ulp or two: x = 2^e (1 + f) with 1 + f within √½ and √2,
/// ln(1 + f) = f − (f²/2 − s(f²/2 + R(s²))), s = f/(2 + f).
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    const LN_2: [f64; 2] = [0.6931471803691238, 1.9082149292705877e-10];
    const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    let bits = x.to_bits();
    let power = bits.wrapping_sub(ROOT_HALF).wrapping_add(ONE) >> 52;
    let e = f64::from_bits(WHOLE.to_bits() | power) - (WHOLE + 1023.0);
    let f = f64::from_bits(bits.wrapping_sub(power << 52).wrapping_add(ONE)) - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let a = z.mul_add(0.3999999999940942, 0.6666666666666735);
    let b = z.mul_add(0.22222198432149784, 0.2857142874366239);
    let c = w.mul_add(0.14798198605116586, z.mul_add(0.15313837699209373, 0.1818357216161805));
    let r = z * (w * w).mul_add(c, w.mul_add(b, a));
    let h = 0.5 * f * f;
    e.mul_add(LN_2[0], f - (h - s.mul_add(h + r, e * LN_2[1])))
}

/// (cos θ, sin θ) for an angle that is uniform over the circle if the word is uniform: an angle within
/// ±π/4 from all but the upper two bits, which then choose one of four quarters.
#[inline(always)]
pub(super) fn circle(word: u64) -> (f64, f64) {
    let x = (unit(word << 2) - 0.5) * FRAC_PI_2;
    let z = x * x;
    let w = z * z;
    let a = z.mul_add(0.00833333333332249, -0.16666666666666632);
    let b = z.mul_add(2.7557313707070068e-06, -0.0001984126982985795);
    let c = z.mul_add(1.58969099521155e-10, -2.5050760253406863e-08);
    let sin = (x * z).mul_add(w.mul_add(w.mul_add(c, b), a), x);
    let a = z.mul_add(-0.001388888888887411, 0.0416666666666666);
    let b = z.mul_add(-2.7557314351390663e-07, 2.480158728947673e-05);
    let c = z.mul_add(-1.1359647557788195e-11, 2.087572321298175e-09);
    let cos = w.mul_add(w.mul_add(w.mul_add(c, b), a), z.mul_add(-0.5, 1.0));
    let cos = f64::from_bits(cos.to_bits() ^ (word & 1 << 63));
    let swap = ((word << 1) as i64) < 0;
    if swap { (sin, cos) } else { (cos, sin) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;

    /// Both are within two ulps of what is correctly rounded; near 1, where ln x vanishes, the bound is
    /// still relative.
    #[test]
    fn logarithm_and_circle_agree_with_the_library() {
        let words = |i: u64| Stream::new("words").number(i).key;
        for i in 0..20_000 {
            let u = unit(words(i));
            for x in [u, 1.0 - u * 1e-9, 1.0 + u * 1e-4, u * 1e300] {
                assert!((ln(x) - x.ln()).abs() <= 4.0 * f64::EPSILON * x.ln().abs(), "ln {x:e}");
            }
            let (cos, sin) = circle(words(i));
            let angle = (unit(words(i) << 2) - 0.5) * FRAC_PI_2;
            let (mut c, s) = (angle.cos(), angle.sin());
            if words(i) >> 63 == 1 {
                c = -c;
            }
            let (c, s) = if words(i) >> 62 & 1 == 1 { (s, c) } else { (c, s) };
            assert!((cos - c).abs() <= 4.0 * f64::EPSILON * c.abs(), "cos {angle}");
            assert!((sin - s).abs() <= 4.0 * f64::EPSILON * s.abs(), "sin {angle}");
        }
    }

    #[test]
    fn the_unit_interval_is_open() {
        assert_eq!(unit(0).to_bits(), (0.5 * f64::EPSILON).to_bits());
        assert_eq!(unit(u64::MAX).to_bits(), (1.0 - 0.5 * f64::EPSILON).to_bits());
        assert!((ln(unit(0)) - unit(0).ln()).abs() < 1e-13 && ln(unit(u64::MAX)) < 0.0);
    }
}
