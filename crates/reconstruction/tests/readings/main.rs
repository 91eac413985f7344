//! From readings to ensembles, on small priors and on the embedded turbulence.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod example;
mod file;
mod flow;
mod long;
mod noise;
mod placing;
mod posterior;
mod repeated;
mod units;
