//! The proof of the steps on the host: the layers that ship, on a driver and a cuBLAS that are stand-ins, with
//! the kernels' own source as C++ (one fiber for each thread), against the CPU's path. The stand-ins are
//! found by the names that Linux's loader looks for.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may stop at a fault")]

mod divergence;
mod engine;
mod equality;
#[path = "../../../likelihood-cuda/tests/host/kernel.rs"]
mod kernel;
mod mutants;
mod problems;
mod refusals;
mod wake;
