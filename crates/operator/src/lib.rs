//! Observation operators y = A x with exact adjoints and their true number of observations.

mod error;
mod linear;
mod subsample;

pub use error::OperatorError;
pub use linear::{Gram, LinearOperator, Selection};
pub use subsample::Subsample;
