//! What can be wrong with a likelihood evaluation.

/// Input that a backend refuses before it writes anything, or a backend that fails.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum LikelihoodError {
    /// An array does not have the length that the observation or the field prescribes.
    #[error("likelihood argument `{argument}`: found length {found}, expected {expected}")]
    Length {
        /// The argument's name.
        argument: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits the others.
        expected: usize,
    },
    /// A variance is not a positive normal number.
    #[error("variance v[{index}]: found {found}, expected a positive normal number")]
    Variance {
        /// The position of the variance: 0, the channel or the observation.
        index: usize,
        /// Its value.
        found: f64,
    },
    /// The observations are not whole frames of the given channels and planes.
    #[error(
        "variance per channel: found {count} observations, expected whole frames of {channels} channels with {plane} observations each"
    )]
    Planes {
        /// N.
        count: usize,
        /// C, the number of variances.
        channels: usize,
        /// Observations of one channel in one frame.
        plane: usize,
    },
    /// The machine that a backend runs on failed, or cannot hold the input. Outputs that it was to
    /// write hold nothing of use.
    #[error("likelihood backend `{backend}`: {reason}")]
    Backend {
        /// The backend's name.
        backend: &'static str,
        /// What it was doing, and what it met.
        reason: String,
    },
}
