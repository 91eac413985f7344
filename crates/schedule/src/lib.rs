//! Signal and noise scales of diffusion schedules: x_t = μ_t x + σ_t ε, t from 0 (clean) to 1.
//!
//! A schedule is built directly, or by the name that the command line takes:
//!
//! ```
//! use equipoise_schedule::{Schedule, ScheduleName};
//! let name: ScheduleName = "sub_vp-cos".parse()?;
//! let schedule = name.build(0.01)?;
//! assert_eq!(schedule.mu(0.0), 1.0);
//! assert_eq!(schedule.sigma(0.0), 0.01);
//! # Ok::<(), equipoise_schedule::ScheduleError>(())
//! ```

mod cosine;
mod ddpm;
mod decay;
mod error;
mod grid;
mod level;
mod linear_beta;
mod name;
mod pointers;
mod prediction;
mod rectified;
mod sda;
mod spacing;
mod ve;
mod vp;

pub use cosine::Cosine;
pub use ddpm::{Ddpm, Reverse};
pub use decay::Decay;
pub use error::ScheduleError;
pub use grid::{edm_grid, log_snr_grid, times_of_ratios, uniform_grid};
pub use level::{Level, Schedule};
pub use linear_beta::LinearBeta;
pub use name::ScheduleName;
pub use prediction::{Conversion, Prediction};
pub use rectified::Rectified;
pub use sda::{Alpha, Sda, Variance};
pub use spacing::Spacing;
pub use ve::Ve;
pub use vp::Vp;
