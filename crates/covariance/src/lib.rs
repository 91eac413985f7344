//! Spectral functions f(Σ)v of field covariances: dense, low rank plus isotropic, stationary.
//!
//! Every model is an orthonormal real basis U of (part of) the space with an eigenvalue per
//! coefficient, and one eigenvalue λ_⊥ on the rest:
//!
//! > f(Σ) = U f(Λ) Uᵀ + f(λ_⊥)(I − U Uᵀ).
//!
//! A dense covariance resolves all D modes by LAPACK, a low-rank one keeps r of them, a
//! stationary one has the real form of a Fourier basis with one (T·C) × (T·C) Hermitian block per
//! wavenumber.

use equipoise_blas as _;

mod conformance;
mod dense;
mod error;
mod inner_products;
mod low_rank;
mod memo;
mod model;
mod modes;
mod pool;
mod stationary;
mod streamed;

pub use conformance::check_covariance;
pub use dense::{DENSE_LIMIT, dense, fit_dense};
pub use error::CovarianceError;
pub use low_rank::{LowRankFit, fit_low_rank};
pub use memo::Memo;
pub use model::{Covariance, Structure, Weights};
pub use modes::{Modes, Panel};
pub use pool::Pool;
pub use stationary::{Blocks, Spectrum, Stationary, StationarySeries, fit_stationary};
pub use streamed::{
    ErrorBound, FrameGram, Frames, Randomised, Slab, TemporalModes, Windows, fit_low_rank_streamed,
    low_rank_bytes,
};
