//! Verdicts over ensembles whose posterior is known.

mod files;
mod golden;
mod power;
#[allow(dead_code, reason = "the example of power asks for more")]
mod synthetic;
