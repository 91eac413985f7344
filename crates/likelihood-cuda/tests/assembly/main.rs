//! What the compiler and the assembler of CUDA say of the kernels, which takes no GPU.

mod contraction;
mod embedded;
mod kernel;
mod occupancy;
mod toolchain;
mod traffic;
