//! How far a dataset may lie from the value computed here.

use crate::Precision;
use crate::quantity::{Quantity, WrappedPart};

/// Of values in double precision.
pub const DOUBLE: f64 = 1e-9;
/// Of single calls in single precision.
pub const SINGLE: f64 = 5e-6;
/// Of guided noise estimates and runs in single precision: 2e-5 was seen between single and double precision
/// of the published code itself, which divides by μ and σ, and 1.2e-5 after twelve steps.
pub const SINGLE_RUN: f64 = 5e-5;
/// Of runs of Heun's method in single precision, whose last step divides by the smallest σ: 1.9e-4 was seen
/// between single and double precision of the published code itself.
pub const SINGLE_HEUN: f64 = 5e-4;

/// The largest max|Δ|/max|value| that is still agreement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Of values in double precision, in place of [`DOUBLE`].
    pub double: Option<f64>,
    /// Of values in single precision, in place of [`SINGLE`], [`SINGLE_RUN`] and [`SINGLE_HEUN`].
    pub single: Option<f64>,
}

impl Tolerance {
    pub(crate) fn of(&self, quantity: &Quantity, precision: Precision) -> f64 {
        match precision {
            Precision::F64 => self.double.unwrap_or(DOUBLE),
            Precision::F32 => self.single.unwrap_or(match quantity {
                Quantity::Guided { .. } | Quantity::GuidedDps | Quantity::Run { .. } => SINGLE_RUN,
                Quantity::Wrapped { what: WrappedPart::Ddim, .. } => SINGLE_RUN,
                Quantity::Wrapped { what: WrappedPart::Heun, .. } => SINGLE_HEUN,
                _ => SINGLE,
            }),
        }
    }
}
