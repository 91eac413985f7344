//! The suite that every loop passes, and the problems that their tests share.

mod batch;
mod conformance;
pub(super) mod problem;
