//! The built command on the embedded samples and on bad input.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod faults;
mod inspect;
mod process;
mod ran;
mod tables;
