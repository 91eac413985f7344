//! What a space does with fields of its element, compiled here for both elements and nowhere above.

use crate::space::Data;
use crate::{Coefficients, Draws, Outcome, Reduced, ReducedSpace, Result, Start};
use equipoise_field::{Real, by_element};
use equipoise_innovation::ObservedPrior;
use equipoise_observation::Observed;
use equipoise_wiener::Wiener;
use std::sync::Arc;

type Fallible<T> = Result<T>;

type Split<R> = fn(Arc<Wiener<R>>, ObservedPrior<R>) -> Fallible<ReducedSpace<R>>;
type Along<R> = fn(&Reduced<R>, &[f64], &[Draws<'_, R>]) -> Fallible<Vec<Outcome>>;
type Expand<R> = fn(&Reduced<R>, Start<'_, R>, &Coefficients, &mut [R]) -> Fallible<()>;

/// Whatever is much code, for the element R.
pub(crate) struct Compiled<R: Real> {
    pub(crate) split: Split<R>,
    pub(crate) data: fn(&ReducedSpace<R>, &Observed<R>) -> Fallible<Data<R>>,
    pub(crate) along: Along<R>,
    pub(crate) expand: Expand<R>,
}

impl<R: Real> Compiled<R> {
    fn here() -> Self {
        Self {
            split: ReducedSpace::split,
            data: ReducedSpace::data,
            along: Reduced::along,
            expand: Reduced::expand_here,
        }
    }

    pub(crate) fn get() -> Self {
        by_element::<R, fn() -> Self>(single as fn() -> Compiled<f32>, double as fn() -> Compiled<f64>)()
    }
}

#[inline(never)]
fn single() -> Compiled<f32> {
    Compiled::here()
}

#[inline(never)]
fn double() -> Compiled<f64> {
    Compiled::here()
}
