//! The loader against files written for the purpose and against the embedded samples.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]
#![allow(clippy::float_cmp, reason = "what is read is compared to the bit")]

mod arrays;
mod axes;
mod belonging;
mod census;
mod declared;
mod dialects;
mod exchanged;
mod flows;
mod grids;
mod guarded;
mod ibpm;
mod masked;
mod normalizing;
mod packed;
mod paths;
mod reading;
mod recording;
mod refusals;
mod sensors;
mod stored;
mod stores;
mod storing;
mod vectors;
mod written;
