//! Analytic denoisers over a training set, nonlinear and without training.
//!
//! All are weighted means of the training samples and differ in what decides the weights:
//!
//! | denoiser | weights of pixel m from |
//! |---|---|
//! | [`Optimal`] | the whole field, one weight per sample: the exact E[x given x_t], which recalls samples |
//! | [`Pixelwise::local`] | the patch around m, against the same patch of every sample |
//! | [`Pixelwise::equivariant_local`] | the patch around m, against patches of all positions |
//! | [`Pixelwise::locality`] | what the Wiener filter of the data reads for m |
//!
//! Samples are single frames or whole windows, as one vector of shape (T, C, H, W). Every denoiser has
//! its Jᵀv in closed form, works in `f64` between its inputs and outputs, and gives the same bits on
//! any number of threads, for any number of members in a batch, and whatever the portions that [`Samples`]
//! are read in.
//!
//! ```
//! use equipoise_denoiser::Denoiser;
//! use equipoise_field::{Axis, Boundary, Shape};
//! use equipoise_locality::{Memory, Patch, Pixelwise, Training, sensitivity};
//! use equipoise_schedule::Level;
//! use std::sync::Arc;
//!
//! let shape = Shape::new(1, 2, 8, 8);
//! let values = (0..3 * shape.len()).map(|i| (0.37 * i as f64).sin()).collect();
//! let training = Training::new(shape, Arc::new(Memory::new(values, shape.len())?))?;
//! assert_eq!(training.shifted(Axis::H, 4)?.count(), 12);
//! let patch = Patch::square(1, Boundary::Periodic);
//! let local = Pixelwise::equivariant_local(&training, patch, [1, 1])?;
//! let level = Level { mu: 0.8, sigma: 0.6 };
//! let row = &sensitivity(&local, &vec![0.1; shape.len()], level, &[27])?[0];
//! // Pixel (3, 3) reads nothing from beyond its 3 × 3 patch.
//! assert!(row[shape.index(0, 1, 4, 4)] != 0.0);
//! assert!(row[shape.index(0, 1, 5, 3)] == 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod agreement;
mod equivariant_local;
mod error;
mod exponential;
mod local;
mod locality;
mod mask;
mod memorisation;
mod optimal;
mod padded;
mod pixelwise;
mod sensitivity;
mod sums;
mod training;
mod window;

pub use agreement::{pearson, r_squared};
pub use error::{LocalityError, Result};
pub use mask::ROWS_LIMIT;
pub use memorisation::{Nearest, memorisation_index, nearest};
pub use optimal::Optimal;
pub use pixelwise::Pixelwise;
pub use sensitivity::{locality_radius, sensitivity, sensitivity_by_differences};
pub use training::{Memory, Samples, Training};
pub use window::{Border, Patch};
