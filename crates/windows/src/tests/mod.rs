//! What costs, runs and choices keep to.

mod chain;
