//! What can go wrong with a training set or a denoiser over it.

use equipoise_denoiser::DenoiserError;
use equipoise_field::{Axis, Length};

/// What comes of work that may fail with a [`LocalityError`].
pub type Result<T, E = LocalityError> = std::result::Result<T, E>;

/// A training set or a denoiser that cannot be made, or samples that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalityError {
    /// A buffer, a sample or a covariance of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A training set without samples.
    #[error("training set: found no sample, expected at least 1")]
    Empty,
    /// Shifts that do not divide the axis they run along.
    #[error("shifts along {axis:?}: found {found}, expected a divisor of the axis' length {length}")]
    Shifts {
        /// The axis.
        axis: Axis,
        /// The number of shifts.
        found: usize,
        /// The length of the axis.
        length: usize,
    },
    /// A stride of zero between offsets of patches.
    #[error("stride of the offsets along {axis:?}: found 0, expected at least 1")]
    Stride {
        /// The axis.
        axis: Axis,
    },
    /// A threshold of the mask outside 0..=1.
    #[error("threshold of the mask: found {found}, expected 0 (soft) to 1")]
    Threshold {
        /// The value.
        found: f64,
    },
    /// A mask that would have to be made row by row for a field that is too long.
    #[error(
        "locality mask of a covariance that is not stationary: found D = {dim}, the limit is {limit}; \
         use a stationary covariance, or the soft mask of explicit modes"
    )]
    MaskTooLarge {
        /// D.
        dim: usize,
        /// The largest D accepted.
        limit: usize,
    },
    /// Weights that are no probabilities.
    #[error("log-likelihood of training sample {sample}: found {found}, expected a number below infinity")]
    Likelihood {
        /// The sample, counting shifts.
        sample: usize,
        /// The value.
        found: f64,
    },
    /// A likelihood that no sample has, as where none meets an exact observation.
    #[error(
        "log-likelihood: found -inf for all {count} training samples, expected one that the observation allows"
    )]
    RuledOut {
        /// How many samples there are, with their shifts.
        count: usize,
    },
    /// Samples that could not be read, in the words of whoever reads them.
    #[error(transparent)]
    Samples(Box<dyn std::error::Error + Send + Sync>),
}

impl From<LocalityError> for DenoiserError {
    fn from(error: LocalityError) -> Self {
        match error {
            LocalityError::Length(length) => length.into(),
            other => Self::Model(Box::new(other)),
        }
    }
}
