//! Observation operators y = A x with exact adjoints and their true number of observations.

mod error;
mod linear;

pub use error::OperatorError;
pub use linear::{Gram, LinearOperator, Selection};
