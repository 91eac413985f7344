//! Children of Python: what a good one serves, what a bad one is told, and what is left of either.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]
#![allow(clippy::float_cmp, reason = "what is passed through keeps its bits")]

mod child;
mod faults;
mod good;
mod peers;
mod processes;
