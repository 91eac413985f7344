//! The ensemble on disk: one HDF5 file, which reads as a file of one trajectory, the mean.
//!
//! | entry | shape | content |
//! |---|---|---|
//! | `velocity` | (1, T, C, H, W) | mean, physical units |
//! | `std` | (T, C, H, W) | standard deviation of the members, NaN for one about itself; that of the posterior along a Gauss–Markov prior |
//! | `members` | (M, T, C, H, W) | the members |
//! | `weights` | (M) | what each member counts, in all 1, where they do not count the same |
//! | `coordinates/x`, `coordinates/y`, `coordinates/t` | one axis each | of grid points and frames |
//! | `trajectory`, `member`, `time`, `component`, `x`, `y` | one axis each | the dimensions of all these as dimension scales, by which netCDF-4 and xarray name axes; without coordinates where the training file states none |
//! | attributes `axes`, `kind`, `H_axis`, `W_axis`, `boundary`, `dx`, `dy`, `x_first`, `y_first`, `dt`, `t_first`, and of a cylinder `cylinder_center_px`, `cylinder_radius_px`, `inflow` | | as in a data file |
//! | attribute `provenance` | | JSON |

use crate::{Composite, Ensemble, PlacingRule, Problem, Result};
use equipoise_data::Attribute;
use equipoise_data::exchange::{Fields, Stored};
use equipoise_data::store::{Along, Dimension, Existing, Writer};
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

/// Where a file of an ensemble holds what.
const STORED: Stored = Stored { members: "members", mean: "velocity", std: "std" };

/// An ensemble as other programs take it, [`Format::write`](equipoise_data::exchange::Format::write).
///
/// # Errors
/// [`ReconstructionError::Data`](crate::ReconstructionError::Data) for what has no form as JSON.
pub fn exchanged<'a>(
    problem: &'a Problem,
    rule: &PlacingRule,
    ensemble: &'a Ensemble,
    provenance: &Provenance,
) -> Result<Fields<'a>> {
    let provenance = Attribute::json("provenance", provenance)?;
    Ok(Fields {
        members: ensemble.members.iter().map(Vec::as_slice).collect(),
        indices: ensemble.indices.clone(),
        weights: ensemble.weights.as_deref(),
        mean: Some(ensemble.mean()),
        std: ensemble.std(),
        ..problem.prior.exchanged(problem.shape.frames, rule.start, provenance, STORED)
    })
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
    let writer = Writer::create_ordered(path, existing)?;
    problem.prior.describe(&writer, rule.start)?;
    writer.set_json("provenance", provenance)?;
    writer.write(STORED.mean, &[1, frames, channels, height, width], ensemble.mean())?;
    match ensemble.std() {
        Some(std) => writer.write(STORED.std, &field, std)?,
        None => {
            let frame = problem.shape.frame();
            writer.write_in_parts(STORED.std, &field, (0..frames).map(|_| vec![f32::NAN; frame]))?;
        }
    }
    let members = [ensemble.members.len(), frames, channels, height, width];
    match &ensemble.members[..] {
        [one] => writer.write(STORED.members, &members, one)?,
        several => writer.write_in_parts(STORED.members, &members, several.iter().cloned())?,
    }
    if let Some(weights) = &ensemble.weights {
        writer.write("weights", &[weights.len()], weights)?;
    }
    write_coordinates(&writer, problem, rule)?;
    name_axes(&writer, &exchanged(problem, rule, ensemble, provenance)?)?;
    Ok(writer.finish()?)
}

/// The coordinates of every axis, whether or not they are stated.
fn write_coordinates(writer: &Writer, problem: &Problem, rule: &PlacingRule) -> Result<()> {
    let Shape { frames, height, width, .. } = problem.shape;
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
    Ok(())
}

/// Makes the axes of every array dimensions with names.
fn name_axes(writer: &Writer, fields: &Fields<'_>) -> Result<()> {
    let mut all = fields.dimensions();
    all.insert(0, Dimension { name: "trajectory".into(), along: Along::Indices(vec![0]), texts: Vec::new() });
    let words = Along::Words(fields.components.clone());
    all.push(Dimension { name: "component".into(), along: words, texts: Vec::new() });
    let dimensions = writer.dimensions(&all)?;
    let [first, second] = fields.axes();
    let field = ["time", "component", first, second];
    dimensions.attach(STORED.mean, &[&["trajectory"], &field[..]].concat())?;
    dimensions.attach(STORED.std, &field)?;
    dimensions.attach(STORED.members, &[&["member"], &field[..]].concat())?;
    if fields.weights.is_some() {
        dimensions.attach("weights", &["member"])?;
    }
    if fields.mask.is_some() {
        dimensions.attach("mask", &[first, second])?;
    }
    Ok(dimensions.finish()?)
}
