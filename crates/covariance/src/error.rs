//! What can go wrong when a covariance is fitted or assembled.

use equipoise_field::Length;

/// What comes of work that may fail with a [`CovarianceError`].
pub type Result<T, E = CovarianceError> = std::result::Result<T, E>;

/// A covariance that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CovarianceError {
    /// A dense covariance past the limit.
    #[error(
        "dense covariance: D = {dim} needs {gib:.1} GiB for its eigenvectors and as much to compute them; \
         the limit is D = {limit}; use a low-rank or stationary covariance"
    )]
    TooLarge {
        /// D.
        dim: usize,
        /// Memory of the eigenvectors in GiB.
        gib: f64,
        /// The largest D accepted.
        limit: usize,
    },
    /// Too few snapshots for the rank asked for.
    #[error("rank: found {rank}, expected 1 to {limit} with {snapshots} snapshots")]
    Rank {
        /// The rank asked for.
        rank: usize,
        /// The largest rank possible.
        limit: usize,
        /// Number of snapshots.
        snapshots: usize,
    },
    /// Too few snapshots to estimate anything.
    #[error("snapshots: found {found}, expected at least {expected}")]
    Snapshots {
        /// Number found.
        found: usize,
        /// Number needed.
        expected: usize,
    },
    /// A buffer of the wrong length.
    #[error(transparent)]
    Length(#[from] Length),
    /// A ridge or floor that is negative or not finite.
    #[error("ridge: found {found}, expected a finite number of at least 0")]
    Ridge {
        /// The value.
        found: f64,
    },
    /// A number that is NaN or infinite.
    #[error("{what}: entry {index} is not finite")]
    NotFinite {
        /// The array.
        what: &'static str,
        /// The first such entry.
        index: usize,
    },
    /// BLAS has more than the one thread on which every number is the same everywhere.
    #[cfg(feature = "fit")]
    #[error(transparent)]
    Blas(#[from] equipoise_blas::BlasError),
    /// LAPACK failed.
    #[cfg(feature = "fit")]
    #[error("eigendecomposition of {what} failed")]
    Eigen {
        /// The matrix.
        what: String,
        /// LAPACK's word.
        source: ndarray_linalg::error::LinalgError,
    },
}

/// Whether a ridge or a floor is one.
#[cfg(feature = "fit")]
pub(crate) fn ridge(found: f64) -> Result<(), CovarianceError> {
    if found.is_finite() && found >= 0.0 { Ok(()) } else { Err(CovarianceError::Ridge { found }) }
}
