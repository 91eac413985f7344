//! What the workspace needs from the machine, why, and the package that brings it.

use std::fmt;

/// Something that cargo cannot fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Compiler,
    PkgConfig,
    Hdf5,
    OpenBlas,
    CxxCompiler,
    Pip,
    Slurm,
    Browser,
    Rustfmt,
    Clippy,
}

/// What building and running needs.
pub(super) const NATIVE: [Need; 4] = [Need::Compiler, Need::PkgConfig, Need::Hdf5, Need::OpenBlas];

/// What checking needs besides.
pub(super) const CHECKS: [Need; 1] = [Need::CxxCompiler];

/// What checking needs besides: parts of the Rust toolchain.
pub(super) const COMPONENTS: [Need; 2] = [Need::Rustfmt, Need::Clippy];

impl Need {
    fn name(self) -> &'static str {
        match self {
            Need::Compiler => "a C compiler (cc)",
            Need::PkgConfig => "pkg-config",
            Need::Hdf5 => "the HDF5 library with its headers",
            Need::OpenBlas => "the OpenBLAS library",
            Need::CxxCompiler => "a C++ compiler (c++)",
            Need::Pip => "Python's pip",
            Need::Slurm => "Slurm with its daemons",
            Need::Browser => "Chromium",
            Need::Rustfmt => "rustfmt",
            Need::Clippy => "clippy",
        }
    }

    /// Why it is needed, in one line.
    fn reason(self) -> &'static str {
        match self {
            Need::Compiler => "links every program",
            Need::PkgConfig => "tells cargo where libraries lie",
            Need::Hdf5 => "reads and writes trajectories",
            Need::OpenBlas => "matrix products, eigenvalues and singular values of the covariances",
            Need::CxxCompiler => "compiles the CUDA kernels for the CPU, where their tests run them",
            Need::Slurm => "runs the scripts of `equipoise slurm`",
            Need::Browser => "shows pages to their test",
            Need::Pip => "installs the compiler and the assembler of CUDA kernels into target/cuda",
            Need::Rustfmt => "the format check of `cargo xtask test`",
            Need::Clippy => "the lints of `cargo xtask test`",
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.reason())
    }
}
