//! Diagnostics of a reconstruction and the classifier of its state.
//!
//! Fields are flat slices in the order (T, C, H, W), in normalised units unless a function says
//! otherwise; sums accumulate in `f64` whatever the element. An [`Inclusion`] leaves out what must
//! not count, such as the cells inside a cylinder.
//!
//! ```
//! use equipoise_metrics::{Inclusion, energy_ratio, rmse};
//! let (truth, blurred) = ([1.0, -1.0, 1.0, -1.0], [0.5, -0.5, 0.5, -0.5]);
//! assert_eq!(energy_ratio(&blurred, &truth, Inclusion::All)?, 0.5);
//! assert_eq!(rmse(&blurred, &truth, Inclusion::All)?, 0.5);
//! # Ok::<(), equipoise_metrics::MetricsError>(())
//! ```

mod calibration;
mod cosine;
mod crps;
mod difference;
mod distances;
mod energy_score;
mod ensemble;
mod error;
mod field_error;
mod flow;
mod gaussian_crps;
mod in_turn;
mod inclusion;
mod misfit;
mod normal;
mod octaves;
mod posterior;
mod ratio;
mod sliced;
mod spectrum;
mod state;
mod student;
mod tarp;
mod transport;
mod weights;

pub use calibration::{coverage, expected_coverage, rank_histogram};
pub use crps::{crps, empirical_crps};
pub use distances::SquaredDistances;
pub use energy_score::energy_score;
pub use ensemble::Ensemble;
pub use error::{MetricsError, Result};
pub use field_error::{mae, rmse};
pub use flow::{divergence, divergence_residual, vorticity};
pub use gaussian_crps::gaussian_crps;
pub use in_turn::InTurn;
pub use inclusion::Inclusion;
pub use misfit::misfit;
pub use octaves::Octaves;
pub use posterior::{bias_over_posterior_std, floor_rmse, spread_ratio};
pub use ratio::{Range, energy_ratio, fluctuation_ratio, range};
pub use sliced::{Projections, SamplingFloor};
pub use spectrum::{EnergySpectrum, energy_spectrum};
pub use state::{
    BALANCED_RMSE, EXPLOSION, Evidence, FLUCTUATION_HIGH, FLUCTUATION_LOW, MISFIT_HIGH, MISFIT_LOW,
    RANGE_EXCESS, State, classify,
};
pub use student::student_deviate;
pub use tarp::{expected_coverage_probability, tarp_fraction};
