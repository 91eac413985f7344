//! Verdicts over ensembles whose posterior is known.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod files;
mod golden;
mod power;
#[allow(dead_code, reason = "the example of power asks for more")]
mod synthetic;
