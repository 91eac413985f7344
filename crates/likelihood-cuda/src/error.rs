//! What can go wrong between a likelihood evaluation and the device.

use equipoise_likelihood::LikelihoodError;

/// Input that a launch refuses before anything is written.
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
}
