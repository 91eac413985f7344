//! Denoisers compared on Gaussians and tiny sets whose answers are known, and claims on the embedded flows.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod claims;
mod error;
mod made;
mod planted;
mod rate;
mod rows;
mod samples;
