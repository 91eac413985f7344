//! What keeps windows from being composed.

use equipoise_field::Length;

/// What comes of work that may fail with a [`CompositionError`].
pub type Result<T, E = CompositionError> = std::result::Result<T, E>;

/// Windows, a stride and a trajectory that do not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompositionError {
    /// A window that is not made of whole frames.
    #[error("window: found {dim} numbers, expected whole frames of {frame}")]
    Frame {
        /// Numbers of a window.
        dim: usize,
        /// Numbers of a frame.
        frame: usize,
    },
    /// A trajectory shorter than a window.
    #[error("trajectory: found {frames} frames, expected at least the window's {window}")]
    Short {
        /// L.
        frames: usize,
        /// w.
        window: usize,
    },
    /// Windows that do not end where the trajectory does.
    #[error(
        "trajectory: found {frames} frames, expected {window} + a multiple of the stride {stride}, so that the \
         last window ends with it"
    )]
    Misfit {
        /// L.
        frames: usize,
        /// w.
        window: usize,
        /// Frames between the beginnings of two windows.
        stride: usize,
    },
    /// A stride that leaves frames without a window, or none at all.
    #[error("stride: found {stride}, expected 1 to the window's {window}")]
    Stride {
        /// Frames between the beginnings of two windows.
        stride: usize,
        /// w.
        window: usize,
    },
    /// A window without a frame in its middle.
    #[error("fold centre: found a window of {window} frames, expected an odd number, 2k + 1")]
    Even {
        /// w.
        window: usize,
    },
    /// More numbers than can be counted.
    #[error("trajectory: found {frames} frames of {frame} numbers, expected a length that fits a word")]
    Long {
        /// L.
        frames: usize,
        /// Numbers of a frame.
        frame: usize,
    },
    /// A mean that is not of the window's length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A covariance without one block per wavenumber.
    #[error("covariance of a window: found one that is not stationary, expected one block per wavenumber")]
    Unstationary,
    /// A fold that does not exist.
    #[error(
        "fold: found `{found}`, expected centre, symmetrical:STRIDE, causal:STRIDE or average:STRIDE, STRIDE a \
         whole number of at least 1"
    )]
    Name {
        /// What was given.
        found: String,
    },
}
