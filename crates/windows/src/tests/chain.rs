//! The scalar chain.
