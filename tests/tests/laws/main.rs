//! Laws that hold across crates, on Gaussian problems small enough for dense algebra.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod ensemble;
mod exact_routes;
mod exact_run;
mod matched;
mod matrix;
mod posterior_methods;
mod problem;
mod truth;
