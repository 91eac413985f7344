//! What the tests of several files share, and the smoother against another one.

pub(crate) mod fixtures;
mod golden;
