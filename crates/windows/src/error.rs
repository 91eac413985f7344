//! What keeps the cost of windows from being computed.

use equipoise_composition::CompositionError;
use equipoise_schedule::ScheduleError;
use ndarray_linalg::error::LinalgError;

/// A series, an observation or a run that has no cost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WindowsError {
    /// Windows that do not fit the trajectory.
    #[error(transparent)]
    Composition(#[from] CompositionError),
    /// A schedule without the grid asked for.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A chain without covariances.
    #[error(transparent)]
    Markov(#[from] equipoise_markov::MarkovError),
    /// BLAS has more threads than one.
    #[error(transparent)]
    Blas(#[from] equipoise_blas::BlasError),
    /// Matrices past the limit.
    #[error(
        "L·d: found {frames} frames of {dim} numbers, expected at most {limit} numbers in all; fewer frames or modes"
    )]
    TooLarge {
        /// L.
        frames: usize,
        /// d.
        dim: usize,
        /// The most numbers of a trajectory.
        limit: usize,
    },
    /// Nothing to compose, observe or take a step over.
    #[error("{what}: found none, expected at least one")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// A matrix of the wrong size.
    #[error("{what}: found {found:?}, expected {expected:?}")]
    Size {
        /// The matrix.
        what: &'static str,
        /// Its rows and columns.
        found: (usize, usize),
        /// Those it should have.
        expected: (usize, usize),
    },
    /// A number outside its range.
    #[error("{what}: found {found}, expected {expected}")]
    Number {
        /// The number.
        what: &'static str,
        /// Its value.
        found: f64,
        /// The range.
        expected: &'static str,
    },
    /// A covariance of a series with a negative eigenvalue.
    #[error("covariance of {frames} frames: found the eigenvalue {lowest:e}, expected none below zero")]
    Indefinite {
        /// Frames.
        frames: usize,
        /// The lowest eigenvalue.
        lowest: f64,
    },
    /// No γ leaves a finite law.
    #[error("W2 at every γ from 1e-5 to 1e3: found infinity, expected a finite number at one")]
    Diverges,
    /// LAPACK refused a matrix.
    #[error("{what} of {dim} × {dim} numbers")]
    Linalg {
        /// What was asked of it.
        what: &'static str,
        /// Rows of the matrix.
        dim: usize,
        /// LAPACK's reason.
        source: LinalgError,
    },
}

/// What this crate returns.
pub type Result<T> = std::result::Result<T, WindowsError>;
