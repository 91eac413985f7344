//! The certificate against dense matrices and scalar runs.

mod dense;
mod scalar;
