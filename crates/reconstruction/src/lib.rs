//! From sensor readings in physical units to an ensemble of fields, its file and its pictures.
//!
//! | step | what | in |
//! |---|---|---|
//! | [`place`] | readings onto the grid and the frames of the prior; others are named and refused, or dropped | physical → grid |
//! | [`Problem`] | y, A and s² | physical → normalised |
//! | [`Sampling`] | members of x \| y, by the exact posterior of the Gaussian or any method of `solver`, under any prior | normalised |
//! | [`Composite`] | a trajectory longer than a window, composed of windows; [`Sampling::follow`] keeps long runs ([`Keeping`]) | normalised |
//! | [`Ensemble`] | mean, deviation, members | physical |
//! | [`Check`], [`Misfit`] | how far the readings are from the mean, against how far they should be | in standard deviations |
//! | [`write_file`], [`write_pictures`] | HDF5, CSV, PNG and one page | physical |

mod along;
mod check;
mod composite;
mod ensemble;
mod error;
mod exact;
mod file;
mod following;
mod keeping;
mod looking;
mod misfit;
mod observed;
mod page;
mod pictures;
mod placing;
mod probing;
mod problem;
mod repeated;
mod sampling;
mod score;
mod sheet;

pub use check::{Chained, Check, Unread};
pub use composite::Composite;
pub use ensemble::{Centre, Ensemble};
pub use error::ReconstructionError;
pub use file::{CompositeProvenance, Provenance, exchanged, write_file};
pub use following::{Followed, Progress};
pub use keeping::{Begun, Keeping};
pub use misfit::{Misfit, SensorMisfit};
pub use page::write_page;
pub use pictures::{Pictures, write_pictures};
pub use placing::{Dropped, Entry, Offence, Outside, Placed, PlacingRule, SNAP_TOLERANCE, Snap, place};
pub use problem::{Closed, Other, Problem};
pub use sampling::{Choice, Drawn, Sampling};
pub use score::{Band, Score};
pub use sheet::write_sheet;

/// What every function of this crate returns.
pub type Result<T> = std::result::Result<T, ReconstructionError>;
