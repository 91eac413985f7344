//! The sealed element type of every field: `f32` or `f64`.

use crate::sum;
use rayon::prelude::*;
use std::any::{Any, TypeId};
use std::fmt::{Debug, Display};

/// What the parallel passes of [`each`](crate::each) and the sums of [`sum`](crate::sum) stand on: rayon's
/// machinery, some forty functions for every closure that it is handed, and loops for three widths of vectors.
/// Methods of an element are compiled here, once, and not in every crate that asks for them.
mod sealed {
    /// A pass over one chunk, which knows its index.
    pub(super) type Pass<'a, R> = &'a (dyn Fn(usize, &mut [R]) + Sync);
    /// One that makes numbers.
    pub(super) type Making<'a, R> = &'a (dyn Fn(usize, &mut [R]) -> Vec<f64> + Sync);

    pub trait Sealed: Sized {
        fn share(out: &mut [Self], size: usize, pass: Pass<'_, Self>);
        fn share_making(out: &mut [Self], size: usize, pass: Making<'_, Self>) -> Vec<Vec<f64>>;
        fn sum(a: &[Self]) -> f64;
        fn dot(a: &[Self], b: &[Self]) -> f64;
        fn squared_distance(a: &[Self], b: &[Self]) -> f64;
        /// Σ (a_i − c)².
        fn squares_about(a: &[Self], c: f64) -> f64;
        fn max_abs(a: &[Self]) -> (f64, usize);
    }
}

macro_rules! sealed {
    ($R:ty) => {
        impl sealed::Sealed for $R {
            fn share(out: &mut [Self], size: usize, pass: sealed::Pass<'_, Self>) {
                out.par_chunks_mut(size).enumerate().for_each(|(k, chunk)| pass(k, chunk));
            }

            fn share_making(out: &mut [Self], size: usize, pass: sealed::Making<'_, Self>) -> Vec<Vec<f64>> {
                out.par_chunks_mut(size).enumerate().map(|(k, chunk)| pass(k, chunk)).collect()
            }

            fn sum(a: &[Self]) -> f64 {
                sum::of_pairs(a, a, |a, _| a)
            }

            fn dot(a: &[Self], b: &[Self]) -> f64 {
                sum::of_pairs(a, b, |a, b| a * b)
            }

            fn squared_distance(a: &[Self], b: &[Self]) -> f64 {
                sum::of_pairs(a, b, |a, b| (a - b) * (a - b))
            }

            fn squares_about(a: &[Self], c: f64) -> f64 {
                sum::of_pairs(a, a, |a, _| (a - c) * (a - c))
            }

            fn max_abs(a: &[Self]) -> (f64, usize) {
                sum::most_of(a)
            }
        }
    };
}

sealed!(f32);
sealed!(f64);

/// A field element, `f32` or `f64`. Norms, weights and densities are `f64` whatever the element.
///
/// Inner products accumulate in `f64` ([`sum`](crate::sum)), with one exception, whose price is bounded: passes
/// over many modes at a time (`equipoise_covariance::Panel`) add at most 16 products in the element's type
/// before they enter an `f64`. Such a product ⟨a, b⟩ errs by at most 16u Σ|a_i b_i|/(1 − 16u) beside the
/// rounding of `f64`, u = 2⁻²⁴ for `f32`: one rounding for a product and one for each of 15 sums.
pub trait Real:
    sealed::Sealed
    + num_traits::Float
    + num_traits::FloatConst
    + num_traits::NumAssign
    + num_traits::FromPrimitive
    + num_traits::Signed
    + Debug
    + Display
    + Default
    + Send
    + Sync
    + 'static
{
    /// The name that tables and files print, `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// The element as an `f64`, exactly.
    fn wide(self) -> f64;

    /// The element nearest to `value`.
    fn narrow(value: f64) -> Self;
}

impl Real for f32 {
    const NAME: &'static str = "f32";

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn narrow(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    const NAME: &'static str = "f64";

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }

    #[inline(always)]
    fn narrow(value: f64) -> Self {
        value
    }
}

/// What belongs to the element R: `single` to `f32`, `double` to `f64`; T is the type of the one or of the other.
///
/// Code that is generic over R is compiled wherever it is asked for with an R, once for each crate. Where there
/// is much of it, its crate chooses here between two functions without a type parameter of their own: what they
/// call is then compiled with that crate alone.
///
/// # Panics
/// If T is not the type of what belongs to R.
pub fn by_element<R: Real, T: Any>(single: impl Any, double: impl Any) -> T {
    let own: Box<dyn Any> =
        if TypeId::of::<R>() == TypeId::of::<f32>() { Box::new(single) } else { Box::new(double) };
    *own.downcast().expect("what belongs to an element has its type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_has_its_own() {
        fn one<R: Real>() -> Vec<R> {
            by_element::<R, _>(vec![1.0f32], vec![2.0f64])
        }
        assert_eq!((one::<f32>(), one::<f64>()), (vec![1.0], vec![2.0]));
    }
}
