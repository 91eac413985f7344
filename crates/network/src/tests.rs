//! Whole networks against the numbers of their own codes, their laws, and what is refused.

mod faults;
mod golden;
mod made;
mod properties;
