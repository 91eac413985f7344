//! Diagnostics of a reconstruction and the classifier of its state.
