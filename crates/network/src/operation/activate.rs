//! Elementwise functions.

mod sigmoid;

use super::{At, Extent, Operation, Scratch};
use crate::Activation;
use equipoise_field::Real;
use sigmoid::silu;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// λ and α of SELU (Klambauer et al. 2017, eq. 14).
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;

impl Activation {
    /// f(x). NaN stays NaN.
    fn value<R: Real>(self, x: R) -> R {
        match self {
            Self::SiLU => x / (R::one() + (-x).exp()),
            Self::ReLU if x <= R::zero() => R::zero(),
            Self::ELU if x <= R::zero() => x.exp_m1(),
            Self::ReLU | Self::ELU => x,
            Self::GELU => R::narrow(x.wide() * normal_cdf(x.wide())),
            Self::SELU if x <= R::zero() => R::narrow(SELU_SCALE * SELU_ALPHA) * x.exp_m1(),
            Self::SELU => R::narrow(SELU_SCALE) * x,
        }
    }

    /// f′(x).
    fn slope<R: Real>(self, x: R) -> R {
        match self {
            Self::SiLU => {
                let sigmoid = R::one() / (R::one() + (-x).exp());
                sigmoid * (R::one() + x * (R::one() - sigmoid))
            }
            Self::ReLU if x <= R::zero() => R::zero(),
            Self::ELU if x <= R::zero() => x.exp(),
            Self::ReLU | Self::ELU => R::one(),
            Self::GELU => {
                let x = x.wide();
                R::narrow(normal_cdf(x) + x * (-x * x / 2.0).exp() / (2.0 * PI).sqrt())
            }
            Self::SELU if x <= R::zero() => R::narrow(SELU_SCALE * SELU_ALPHA) * x.exp(),
            Self::SELU => R::narrow(SELU_SCALE),
        }
    }
}

/// Φ(x), without cancellation on the left.
fn normal_cdf(x: f64) -> f64 {
    libm::erfc(-x * FRAC_1_SQRT_2) / 2.0
}

impl<R: Real> Operation<R> for Activation {
    fn extent(&self, inputs: &[Extent]) -> Result<Extent, String> {
        Ok(inputs[0])
    }

    fn needs(&self, _: usize) -> &'static [usize] {
        &[0]
    }

    fn in_place(&self) -> bool {
        true
    }

    fn forward(&self, _: At<'_, R>, _: &mut Scratch<R>, y: &mut [R]) {
        if *self == Self::SiLU {
            return silu::<R>().value(y);
        }
        y.iter_mut().for_each(|y| *y = self.value(*y));
    }

    fn jvp(&self, at: At<'_, R>, _: usize, v: &[R], _: &mut Scratch<R>, y: &mut [R]) {
        if *self == Self::SiLU {
            return silu::<R>().slope(at.values[0], v, y);
        }
        y.iter_mut().zip(at.values[0]).zip(v).for_each(|((y, &x), &v)| *y += self.slope(x) * v);
    }

    fn vjp(&self, at: At<'_, R>, k: usize, v: &[R], scratch: &mut Scratch<R>, x: &mut [R]) {
        self.jvp(at, k, v, scratch, x);
    }
}
