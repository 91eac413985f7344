//! The ensemble on disk: one HDF5 file, which reads as a file of one trajectory, the mean.
//!
//! | entry | shape | content |
//! |---|---|---|
//! | `velocity` | (1, T, C, H, W) | mean, physical units |
//! | `std` | (T, C, H, W) | standard deviation of the members, NaN for one about itself; that of the posterior along a Gauss–Markov prior |
//! | `members` | (M, T, C, H, W) | the members |
//! | `weights` | (M) | what each member counts, in all 1, where they do not count the same |
//! | `coordinates/x`, `coordinates/y`, `coordinates/t` | one axis each | of grid points and frames |
//! | attributes `axes`, `kind`, `H_axis`, `W_axis`, `boundary`, `dx`, `dy`, `x_first`, `y_first`, `dt`, `t_first`, and of a cylinder `cylinder_center_px`, `cylinder_radius_px`, `inflow` | | as in a data file |
//! | attribute `provenance` | | JSON |

use crate::{Composite, Ensemble, PlacingRule, Problem, Result};
use equipoise_data::store::{Existing, Writer};
use equipoise_field::{Axis, Shape};
use serde::Serialize;
use std::path::Path;

/// What an ensemble was made from and by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provenance {
    /// Version of the software.
    pub version: String,
    /// Its revision, where known.
    pub revision: Option<String>,
    /// Name of the prior's file, or of the prior and its training file.
    pub prior: String,
    /// The SHA-256 of that file.
    pub prior_sha256: String,
    /// Name of the sensor table.
    pub observations: String,
    /// Its SHA-256.
    pub observations_sha256: String,
    /// Who drew.
    pub method: String,
    /// With which settings, in words; empty for the exact posterior.
    pub settings: String,
    /// The seed.
    pub seed: u64,
    /// Index of every member.
    pub members: Vec<u64>,
    /// `closed form` or `members`.
    pub mean_of: &'static str,
    /// How the trajectory was composed of windows; absent where it is a window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite: Option<CompositeProvenance>,
}

/// What a trajectory was composed of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompositeProvenance {
    /// L.
    pub frames: usize,
    /// w.
    pub window: usize,
    /// Frames between the beginnings of two windows.
    pub stride: usize,
    /// How windows become a trajectory.
    pub fold: String,
    /// How many windows there are.
    pub windows: usize,
    /// What is not to be forgotten.
    pub approximation: &'static str,
}

impl From<Composite> for CompositeProvenance {
    fn from(composite: Composite) -> Self {
        let Composite { frames, window, fold, windows } = composite;
        let (stride, fold) = (fold.stride(), fold.to_string());
        Self { frames, window, stride, fold, windows, approximation: Composite::CAVEAT }
    }
}

/// Writes an ensemble, whole or not at all.
///
/// # Errors
/// [`ReconstructionError::Data`](crate::ReconstructionError::Data), also for an existing file that may not be replaced.
pub fn write_file(
    path: &Path,
    existing: Existing,
    problem: &Problem,
    rule: &PlacingRule,
    ensemble: &Ensemble,
    provenance: &Provenance,
) -> Result<()> {
    let Shape { frames, channels, height, width } = problem.shape;
    let field = [frames, channels, height, width];
    let writer = Writer::create(path, existing)?;
    problem.prior.describe(&writer, rule.start)?;
    writer.set_json("provenance", provenance)?;
    writer.write("velocity", &[1, frames, channels, height, width], ensemble.mean())?;
    match ensemble.std() {
        Some(std) => writer.write("std", &field, std)?,
        None => {
            let frame = problem.shape.frame();
            writer.write_in_parts("std", &field, (0..frames).map(|_| vec![f32::NAN; frame]))?;
        }
    }
    let members = [ensemble.members.len(), frames, channels, height, width];
    match &ensemble.members[..] {
        [one] => writer.write("members", &members, one)?,
        several => writer.write_in_parts("members", &members, several.iter().cloned())?,
    }
    if let Some(weights) = &ensemble.weights {
        writer.write("weights", &[weights.len()], weights)?;
    }
    let (grid, at) = (problem.prior.grid(), problem.prior.coordinates());
    let (nx, ny) = if grid.x_axis == Axis::H { (height, width) } else { (width, height) };
    for (name, first, step, length) in [
        ("coordinates/x", at.x_first, grid.dx, nx),
        ("coordinates/y", at.y_first, grid.dy, ny),
        ("coordinates/t", rule.start, at.time_step, frames),
    ] {
        let values: Vec<f64> = (0..length).map(|i| first + i as f64 * step).collect();
        writer.write(name, &[length], &values)?;
    }
    Ok(writer.finish()?)
}
