//! The reduction against its definition and the law of the Gaussian.

mod cpu;
mod law;
