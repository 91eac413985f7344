//! The proof of the steps on the host: the driver that ships, with the kernels' own source as C++ (one
//! fiber for each thread) and loops in the place of cuBLAS, against the CPU's path.
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

mod array;
mod divergence;
mod engine;
mod equality;
#[path = "../../../likelihood-cuda/tests/host/kernel.rs"]
mod kernel;
mod mutants;
mod problems;
mod refusals;
mod wake;
