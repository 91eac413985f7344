//! HDF5 trajectories, the axis audit, flow conventions and normalizers.
//!
//! A file enters through [`load`], which decides what its axes mean, checks that the numbers agree
//! with the declaration, and hands back a [`Dataset`] in the one order (N, T, C, H, W). A
//! [`Normalizer`] fitted on training data turns physical fields into normalised ones and back.
//!
//! ```
//! use equipoise_data::{LoadOptions, Normalizer, load, samples::Sample};
//! # fn main() -> Result<(), equipoise_data::DataError> {
//! let test = load(&Sample::KolmogorovTest.path()?, &LoadOptions::default())?;
//! assert_eq!(test.shape(8).to_string(), "(8, 2, 64, 64)");
//! let normalizer = Normalizer::fit(test.kind().default_normalizer(), &test)?;
//! let mut field = test.window(0, 0, 8)?.to_vec();
//! normalizer.normalise(test.shape(8), &mut field)?;
//! # Ok(())
//! # }
//! ```

mod array;
mod attribute;
mod audit;
mod axes;
mod belonging;
mod census;
mod checksum;
mod clock;
mod continuity;
mod coordinates;
mod cylinder;
mod dataset;
mod error;
pub mod exchange;
mod extreme;
mod file;
mod fingerprint;
mod formats;
pub mod guard;
mod kind;
mod limits;
mod load;
mod location;
mod mask;
mod measured;
mod mirrored;
mod noise;
mod normalizer;
mod orientation;
mod packing;
mod particulars;
mod parts;
mod recording;
pub mod samples;
pub mod sensors;
mod source;
mod statistics;
mod storage;
pub mod store;
mod stored;
mod survey;
mod suspicion;
mod symmetry;
mod ticks;
mod unit;
mod verdict;
mod words;

pub use attribute::{Attribute, Attributes};
pub use audit::{Audit, Inferred};
pub use axes::AxisOrder;
pub use belonging::{Described, Mismatch, Remark, load_beside};
pub use checksum::{checksum, checksum_while, sampled};
pub use continuity::{Continuity, DECIDABLE_RATIO, SERIES_CORRELATION, SERIES_PAIRS};
pub use coordinates::Coordinates;
pub use cylinder::CylinderGeometry;
pub use dataset::{Dataset, Window, solid};
pub use error::{DataError, Result};
pub use fingerprint::Fingerprints;
pub use kind::{Convention, Kind};
pub use load::{LoadOptions, audit, load};
pub use location::{Location, Slice};
pub use mask::Mask;
pub use noise::NoiseLevel;
pub use normalizer::{Normalizer, NormalizerKind, Offset};
pub use particulars::{Field, Moments, Particulars, Units};
pub use recording::{Lines, Recording};
pub use statistics::ChannelStatistics;
pub use survey::{Survey, Surveyed};
pub use suspicion::{Suspicion, Turn};
pub use symmetry::Symmetry;
