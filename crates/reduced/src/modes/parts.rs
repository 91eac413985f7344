//! The parts of a step, each a function of its own: one of them all takes the compiler a minute and a half, where
//! there are no wide vectors, in every crate that runs steps.

use super::coordinates::Coordinates;
use super::crew::Crew;
use super::lanes::{Row, Vectors};
use super::level::Gains;
use super::pack::Pack;
use crate::plan::Plan;
use equipoise_schedule::Level;
use pulp::{Simd, WithSimd};

/// The part, in vectors.
#[inline(never)]
pub(super) fn apart<S: Simd, Part: WithSimd>(simd: S, part: Part) -> Part::Output {
    simd.vectorize(part)
}

/// [`Pack::estimate`].
pub(super) struct Estimate<'a> {
    pub(super) pack: &'a mut Pack,
    pub(super) space: &'a Coordinates,
    pub(super) data: &'a [f64],
    pub(super) gains: &'a Gains,
}

impl WithSimd for Estimate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.pack.estimate(Vectors(simd), self.space, self.data, self.gains);
    }
}

/// [`Crew::predict`].
pub(super) struct Predict<'a> {
    pub(super) crew: &'a mut Crew,
    pub(super) space: &'a Coordinates,
    pub(super) plan: &'a Plan<'a>,
    pub(super) gains: &'a Gains,
    pub(super) then: Level,
}

impl WithSimd for Predict<'_> {
    type Output = Row;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Row {
        self.crew.predict(Vectors(simd), self.space, self.plan, (self.gains, self.then))
    }
}

/// [`Crew::correct`].
pub(super) struct Correct<'a> {
    pub(super) crew: &'a mut Crew,
    pub(super) space: &'a Coordinates,
    pub(super) plan: &'a Plan<'a>,
    pub(super) gains: &'a Gains,
    pub(super) draw: u64,
}

impl WithSimd for Correct<'_> {
    type Output = Row;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Row {
        self.crew.correct(Vectors(simd), self.space, self.plan, (self.gains, self.draw))
    }
}
