//! The suite that every loop passes, and the problems that their tests share.

mod conformance;
pub(super) mod problem;
