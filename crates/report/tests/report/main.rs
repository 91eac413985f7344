//! Pages and panels as files.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod page;
mod panel;
