//! SiLU in vectors: the exponential of f32 is a polynomial without a branch.

use crate::Activation;
use equipoise_field::{Real, by_element};
use pulp::{Arch, Simd, WithSimd};

/// f(x) in the place of x, and f′(x) v added, over fields.
#[derive(Clone, Copy)]
pub(super) struct Silu<R> {
    value: fn(&mut [R]),
    slope: fn(&[R], &[R], &mut [R]),
}

/// That of an element.
pub(super) fn silu<R: Real>() -> Silu<R> {
    let single = Silu::<f32> {
        value: |y| Arch::new().dispatch(Value { y }),
        slope: |x, v, y| Arch::new().dispatch(Slope { x, v, y }),
    };
    let double = Silu::<f64> {
        value: |y| y.iter_mut().for_each(|y| *y = Activation::SiLU.value(*y)),
        slope: |x, v, y| {
            y.iter_mut().zip(x).zip(v).for_each(|((y, x), v)| *y += Activation::SiLU.slope(*x) * v);
        },
    };
    by_element::<R, Silu<R>>(single, double)
}

impl<R: Real> Silu<R> {
    /// Overwrites `y`, which holds x.
    pub(super) fn value(self, y: &mut [R]) {
        (self.value)(y);
    }

    /// Adds to `y`.
    pub(super) fn slope(self, x: &[R], v: &[R], y: &mut [R]) {
        (self.slope)(x, v, y);
    }
}

/// e^x of −87 to 88, where neither it nor its inverse leaves the ordinary numbers; beyond, of the nearer end. NaN is
/// one of them. Errs by 2 units in the last place: x = n ln 2 + r, |r| ≤ ½ ln 2, with ln 2 in two parts (Cody and
/// Waite 1980), and e^r by its series to r⁷.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// 3·2²²: what is added to it is rounded to a whole number, which its last bits hold.
    const WHOLE: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + WHOLE;
    let n = shifted - WHOLE;
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let mut sum = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + term;
    }
    sum * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

struct Value<'a> {
    y: &'a mut [f32],
}

impl WithSimd for Value<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for y in self.y {
            *y /= 1.0 + exp(-*y);
        }
    }
}

struct Slope<'a> {
    x: &'a [f32],
    v: &'a [f32],
    y: &'a mut [f32],
}

impl WithSimd for Slope<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { x, v, y } = self;
        let len = x.len().min(v.len()).min(y.len());
        let (x, v, y) = (&x[..len], &v[..len], &mut y[..len]);
        for i in 0..len {
            let sigmoid = 1.0 / (1.0 + exp(-x[i]));
            y[i] += sigmoid * (1.0 + x[i] * (1.0 - sigmoid)) * v[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_errs_by_two_units_in_the_last_place() {
        let worst = (-8700..=8800).map(|n| n as f32 * 0.01 + 3e-3 * (n % 7) as f32).map(|x| {
            let (found, x) = (f64::from(exp(x)), f64::from(x.clamp(-87.0, 88.0)));
            (found / x.exp() - 1.0).abs()
        });
        assert!(worst.fold(0.0, f64::max) < 2.5e-7);
        assert!(exp(f32::NAN).is_nan() && exp(f32::INFINITY).is_finite() && exp(f32::NEG_INFINITY) > 0.0);
    }
}
