//! What can go wrong with a Gauss–Markov prior and its posterior.

use equipoise_blas::BlasError;
use std::fmt::Display;

/// What comes of work that may fail with a [`MarkovError`].
pub type Result<T, E = MarkovError> = std::result::Result<T, E>;

/// A chain, a prior or a posterior that cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarkovError {
    /// A matrix or a buffer of the wrong size.
    #[error("{what}: found {found}, expected {expected}")]
    Size {
        /// The matrix or buffer.
        what: &'static str,
        /// Its size.
        found: usize,
        /// The size it should have.
        expected: usize,
    },
    /// A number that is NaN or infinite.
    #[error("{what}: entry {index} is not finite")]
    NotFinite {
        /// The array.
        what: &'static str,
        /// The first such entry, row-major.
        index: usize,
    },
    /// A covariance that is not its own adjoint.
    #[error(
        "{what}: entry ({row}, {column}) is off the conjugate of its mirror image by {off:e}, expected a Hermitian matrix"
    )]
    NotHermitian {
        /// The matrix.
        what: &'static str,
        /// Its row.
        row: usize,
        /// Its column.
        column: usize,
        /// By how much.
        off: f64,
    },
    /// A covariance with an eigenvalue below zero.
    #[error("{what}: found the eigenvalue {least:e} beside {largest:e}, expected a covariance")]
    NotPositive {
        /// The matrix.
        what: &'static str,
        /// Its least eigenvalue.
        least: f64,
        /// Its largest.
        largest: f64,
    },
    /// A number, readings or a prior of which no chain or posterior is made.
    #[error("{what}: found {found}, expected {expected}")]
    Refused {
        /// What of it.
        what: String,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// The observation.
    #[error(transparent)]
    Observation(#[from] equipoise_observation::ObservationError),
    /// The covariance of a window, or a fit.
    #[error(transparent)]
    Covariance(#[from] equipoise_covariance::CovarianceError),
    /// BLAS has several threads, on whose number the bits would depend.
    #[error(transparent)]
    Blas(#[from] BlasError),
    /// LAPACK failed.
    #[error("factorisation of {what} failed")]
    Factor {
        /// The matrix.
        what: &'static str,
        /// LAPACK's word.
        source: ndarray_linalg::error::LinalgError,
    },
}

impl MarkovError {
    pub(crate) fn refused(what: impl Display, found: impl Display, expected: impl Display) -> Self {
        let [what, found, expected] = [&what as &dyn Display, &found, &expected].map(|said| said.to_string());
        Self::Refused { what, found, expected }
    }

    /// A variance of the white rest that is none.
    pub(crate) fn white(found: f64) -> Self {
        Self::refused("variance of the white rest", found, "a finite number of at least 0")
    }

    /// More modes than frames have, or modes of a stationary window.
    pub(crate) fn rank(found: usize, limit: usize) -> Self {
        let expected = format!("1 to {limit} modes of these frames (none, for chains of wavenumbers)");
        Self::refused("rank", found, expected)
    }

    /// Readings that hang together past the limit.
    pub(crate) fn together(frame: usize, found: usize, limit: usize) -> Self {
        let found =
            format!("{found} readings that hang together through points they share or frames they span");
        Self::refused(format!("frame {frame}"), found, format!("at most {limit}"))
    }
}
