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
    /// A variance of the white rest that is none.
    #[error("variance of the white rest: found {found}, expected a finite number of at least 0")]
    White {
        /// The variance.
        found: f64,
    },
    /// Modes that are not orthonormal.
    #[error("modes {row} and {column}: found the product {found}, expected orthonormal modes")]
    NotOrthonormal {
        /// A mode.
        row: usize,
        /// A mode.
        column: usize,
        /// Their inner product.
        found: f64,
    },
    /// A complex chain where a real field has a real coefficient.
    #[error(
        "chain of wavenumber {wavenumber}: found complex numbers, expected real ones where a wavenumber is its own partner"
    )]
    NotReal {
        /// The wavenumber, in the order of the spectrum.
        wavenumber: usize,
    },
    /// An operator whose rows are not at hand.
    #[error(
        "operator: found one that does not tell its rows, expected sensors, a lattice, a mask or another one of few          entries a row"
    )]
    Operator,
    /// Readings that hang together past the limit.
    #[error(
        "frame {frame}: found {found} readings that hang together through points they share or frames they span,          expected at most {limit}"
    )]
    Together {
        /// The frame.
        frame: usize,
        /// How many.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
    /// Readings that are no lattice, under a prior of wavenumbers.
    #[error(
        "frame {frame}, channel {channel}: found readings that are no lattice of strides that divide the grid, which is \
         what a prior of one chain a wavenumber takes; a prior of modes takes any sensors"
    )]
    NotLattice {
        /// The frame.
        frame: usize,
        /// The channel.
        channel: usize,
    },
    /// A lattice whose readings have different noises.
    #[error(
        "frame {frame}, channel {channel}: found readings of several noise variances on a lattice, expected one"
    )]
    NoiseVaries {
        /// The frame.
        frame: usize,
        /// The channel.
        channel: usize,
    },
    /// Lattices that leave too many wavenumbers alike.
    #[error(
        "lattices of strides with the least common multiples {strides:?}: found {found} numbers in an alias block, \
         expected at most {limit}"
    )]
    Aliases {
        /// Along H and W.
        strides: [usize; 2],
        /// Numbers of a block.
        found: usize,
        /// The most there may be.
        limit: usize,
    },
    /// A window of one frame.
    #[error(
        "window of the prior: found {found} frame, expected at least 2: one does not tell how frames follow"
    )]
    Window {
        /// Its frames.
        found: usize,
    },
    /// More modes than frames have, or modes of a stationary window.
    #[error(
        "rank: found {found}, expected 1 to {limit} modes of these frames (none, for chains of wavenumbers)"
    )]
    Rank {
        /// The rank asked for.
        found: usize,
        /// The largest there is; 0 where the prior has chains of wavenumbers.
        limit: usize,
    },
    /// A covariance that is neither explicit modes nor stationary.
    #[error(
        "covariance of a window: found none of explicit modes nor a stationary one, from which chains are read"
    )]
    Unknown,
    /// A posterior variance that rounding made none.
    #[error(
        "posterior variance of entry {index}: found {found:e}, expected at least 0; the noise is too far below the prior"
    )]
    Lost {
        /// The entry.
        index: usize,
        /// What came out.
        found: f64,
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
