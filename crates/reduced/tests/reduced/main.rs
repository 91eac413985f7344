//! Reduced runs against runs in full space: states, laws of draws, outcomes, refusals.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod deterministic;
mod divergence;
mod faults;
mod flows;
mod moments;
mod setting;
mod work;
