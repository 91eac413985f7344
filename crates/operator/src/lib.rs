//! Observation operators y = A x with exact adjoints and their true number of observations.

mod adjoint;
mod coarsen;
mod composed;
pub mod conformance;
mod dense;
mod error;
mod linear;
mod mask;
mod nonlinear;
mod rows;
mod saturation;
mod sensors;
mod subsample;
mod vorticity;

pub use adjoint::Adjoint;
pub use coarsen::Coarsen;
pub use composed::Composed;
pub use dense::Dense;
pub use error::{OperatorError, Result};
pub use linear::{Gram, LinearOperator, Selection};
pub use mask::Mask;
pub use nonlinear::{Linear, NonlinearOperator};
pub use rows::Rows;
pub use saturation::Saturation;
pub use sensors::{Sensor, Sensors, TimeRule};
pub use subsample::Subsample;
pub use vorticity::Vorticity;
