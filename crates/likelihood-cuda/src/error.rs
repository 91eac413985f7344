//! What can go wrong between a likelihood evaluation and the device.

use crate::Architecture;
use equipoise_likelihood::LikelihoodError;

/// Input that a launch refuses before anything is written, and what compiler, driver or device fail at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CudaError {
    /// The input breaks the contract of the reduction.
    #[error(transparent)]
    Likelihood(#[from] LikelihoodError),
    /// The kernel's indices have 31 bits.
    #[error("likelihood kernel: found {found} {what}, expected at most {limit}")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many the kernel can index.
        limit: usize,
    },
    /// The listed points of a field are not increasing, or lie outside it.
    #[error("listed point {position}: found index {index}, expected increasing indices below {size}")]
    Points {
        /// The position in the list.
        position: usize,
        /// The index at fault.
        index: usize,
        /// D.
        size: usize,
    },
    /// No NVRTC library loads.
    #[error("NVRTC, the run-time compiler of CUDA, is missing: {reason}")]
    NvrtcMissing {
        /// What the loader says of every name that was tried.
        reason: String,
    },
    /// The NVRTC library is of a version that was never tested.
    #[error("NVRTC: found version {}.{}, expected {expected}.x", found.0, found.1)]
    NvrtcVersion {
        /// (major, minor).
        found: (u32, u32),
        /// The major version that is known to work.
        expected: u32,
    },
    /// A function of NVRTC fails.
    #[error("{call}: {message}")]
    Nvrtc {
        /// The function.
        call: &'static str,
        /// What it says.
        message: String,
    },
    /// A kernel does not compile.
    #[error("the kernels of {name} do not compile for {architecture}: {reason}\n{log}")]
    Compile {
        /// The element type.
        name: String,
        /// What they were compiled for.
        architecture: Architecture,
        /// The kind of failure.
        reason: String,
        /// The compiler's log.
        log: String,
    },
    /// The embedded PTX is for newer devices only.
    #[error("{device} is older than every architecture that the kernels are compiled for")]
    Unsupported {
        /// The device's architecture.
        device: Architecture,
    },
    /// Neither freshly compiled nor embedded kernels load.
    #[error("no kernel loads; compiled: {compiled}; embedded: {embedded}")]
    NoKernel {
        /// Why compiled PTX does not.
        compiled: String,
        /// Why embedded PTX does not.
        embedded: String,
    },
    /// There is no driver library.
    #[error("found no CUDA driver (libcuda.so.1 or nvcuda.dll)")]
    NoDriver,
    /// The driver is older than the functions that are called.
    #[error("CUDA driver: found {found}, expected at least {expected} (1000·major + 10·minor)")]
    OldDriver {
        /// The driver's version.
        found: i32,
        /// The oldest that works.
        expected: i32,
    },
    /// There is a driver, but no such device.
    #[error("CUDA device {ordinal}: found {count} devices")]
    NoDevice {
        /// The device asked for, from 0.
        ordinal: usize,
        /// How many there are.
        count: usize,
    },
    /// An array lies on another device than the launch.
    #[error("`{argument}` lies on device {found}, expected device {expected}")]
    WrongDevice {
        /// The array.
        argument: &'static str,
        /// Where it lies.
        found: usize,
        /// Where the launch runs.
        expected: usize,
    },
    /// The driver fails.
    #[error("the CUDA driver could not {what}: {reason}")]
    Driver {
        /// What it was asked to do.
        what: &'static str,
        /// What it says.
        reason: String,
    },
}
