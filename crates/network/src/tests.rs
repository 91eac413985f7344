//! Whole networks against the numbers of their own codes, their laws, and what is refused.

mod faults;
mod golden;
pub(crate) mod made;
mod properties;
