//! The proof of the kernel on the host: its source, compiled as C++ with one fiber for each thread,
//! must have the bits of the CPU backend under every schedule, move the fewest bytes, and be caught
//! when it is spoiled.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

mod array;
mod case;
mod element;
mod kernel;
mod laws;
mod mutants;
mod traffic;
