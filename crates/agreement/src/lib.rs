//! A network held to the values that its own code computed, dataset by dataset.
//!
//! [`check`] reads weights and an HDF5 file of values, computes every value again and gives a [`Report`] with
//! a row a dataset: max|Δ|/max|value| beside a tolerance. It says whether architecture and
//! weights were read right.

mod azula;
mod bench;
mod beside;
mod check;
mod error;
mod guided;
mod kernel;
mod layout;
mod quantity;
mod reading;
mod report;
mod runs;
mod schedules;
mod stated;
mod subject;
mod tolerance;
mod training;
mod trajectory;
mod values;
mod window;
mod witness;

pub use check::check;
pub use error::{AgreementError, Result};
pub use quantity::Precision;
pub use report::{Report, Row, Verdict};
pub use tolerance::{DOUBLE, SINGLE, SINGLE_HEUN, SINGLE_RUN, Tolerance};
