//! What can go wrong with a Gauss–Markov prior and its posterior.

use equipoise_blas::BlasError;

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
    /// A whitened lag-1 correlation that belongs to no stationary chain.
    #[error(
        "whitened lag-1 correlation K: found a singular value of {found}, expected all below 1; clip it \
         (`Chain::clipped`), or no Q is a covariance"
    )]
    Unstable {
        /// The largest singular value.
        found: f64,
    },
    /// A limit for singular values that leaves no valid chain.
    #[error("limit of the singular values of K: found {found}, expected at least 0 and below 1")]
    Limit {
        /// The limit.
        found: f64,
    },
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
