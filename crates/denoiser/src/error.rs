//! What can go wrong in a denoiser.

/// A denoising that could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DenoiserError {
    /// A buffer of the wrong length.
    #[error("{what}: found length {found}, expected {expected}")]
    Length {
        /// The buffer.
        what: &'static str,
        /// Its length.
        found: usize,
        /// D.
        expected: usize,
    },
    /// The denoiser's own failure, such as a model that could not be evaluated.
    #[error("denoiser: {0}")]
    Model(Box<dyn std::error::Error + Send + Sync>),
}
