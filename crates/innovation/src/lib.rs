//! The innovation covariance of a prior seen through an operator,
//!
//! > S = diag(s²) + A f(Σ) Aᵀ,
//!
//! for any function f of the prior's spectrum: products, solves and traces, by whatever structure the prior and
//! the operator share.
//!
//! | prior × operator | method | cost of a solve |
//! |---|---|---|
//! | explicit modes, A Aᵀ = c·I | Woodbury identity, r × r | two passes over A U |
//! | stationary, subsampling whose stride divides the grid | one (T·C) × (T·C) block per coarse wavenumber | two coarse transforms |
//! | explicit modes or stationary, operator with few entries a row, N up to [`DENSE_LIMIT`] | Cholesky's factor of S written out | N² |
//! | anything else | conjugate gradients, preconditioned on lattices by the nearest circulant | reported |
//!
//! S is factored by LAPACK, whose bits are the same on any number of threads if BLAS has one: a program calls
//! [`equipoise_blas::single_thread`] first, and without it gets [`InnovationError::Blas`].

mod circulant;
mod coefficients;
mod dense;
mod error;
mod factor;
mod iterative;
mod lattice;
mod observed;
mod outer;
mod remaining;
mod small;
mod traces;
mod woodbury;

pub use dense::DENSE_LIMIT;
pub use error::{InnovationError, Result};
pub use factor::Innovation;
pub use observed::{Method, ObservedPrior};
