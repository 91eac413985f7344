//! What folds, composites and their products keep to.

mod chain;
mod folds;
mod gaussian;
mod peer;
mod windows;
