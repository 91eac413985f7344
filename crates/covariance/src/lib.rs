//! Spectral functions f(Σ)v of field covariances: dense, low rank plus isotropic, stationary.
//!
//! Every model is an orthonormal real basis U of (part of) the space with an eigenvalue per
//! coefficient, and one eigenvalue λ_⊥ on the rest:
//!
//! > f(Σ) = U f(Λ) Uᵀ + f(λ_⊥)(I − U Uᵀ).
//!
//! A dense covariance resolves all D modes by LAPACK, a low-rank one keeps r of them, a
//! stationary one has the real form of a Fourier basis with one (T·C) × (T·C) Hermitian block per
//! wavenumber. What makes one of data needs LAPACK and is behind the feature `fit`; the models do not.

#[cfg(feature = "fit")]
use equipoise_blas as _;

mod conformance;
#[cfg(feature = "fit")]
mod dense;
mod error;
#[cfg(feature = "fit")]
mod inner_products;
#[cfg(feature = "fit")]
mod low_rank;
mod memo;
mod model;
mod modes;
mod pool;
mod stationary;
#[cfg(feature = "fit")]
mod streamed;

pub use conformance::check_covariance;
#[cfg(feature = "fit")]
pub use dense::{dense, fit_dense};
pub use error::{CovarianceError, Result};
#[cfg(feature = "fit")]
pub use low_rank::{LowRankFit, fit_low_rank};
pub use memo::Memo;
pub use model::{Covariance, DENSE_LIMIT, Structure, Weights};
pub use modes::{Modes, Panel};
pub use pool::Pool;
pub use stationary::{Blocks, Spectrum, Stationary, TileRoom, Tiles};
#[cfg(feature = "fit")]
pub use stationary::{StationarySeries, fit_stationary};
#[cfg(feature = "fit")]
pub use streamed::{
    ErrorBound, FrameGram, FrameProducts, Frames, Randomised, Slab, TemporalModes, Windows,
    fit_low_rank_streamed, low_rank_bytes,
};
