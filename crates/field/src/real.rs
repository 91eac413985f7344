//! The sealed element type of every field: `f32` or `f64`.

use std::fmt::{Debug, Display};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

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
