//! Priors that were learned elsewhere, as denoisers over the trajectories of a prior.

mod files;
mod process;

pub(crate) use files::{FromFiles, NETWORK};
pub(crate) use process::{FromProcess, SERVE};

use crate::{Prior, PriorDenoiser, PriorError};
use equipoise_composition::{Composition, Fold};
use equipoise_data::{Field, Kind};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Axis, Boundary, Grid, Shape};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The grid of a kind of flow, and what of it the kind states; what it leaves open has open borders and lengths
/// in grid points.
fn standard_grid(kind: Kind, x_axis: Axis, window: Shape) -> (Grid, BTreeSet<Field>) {
    let convention = kind.convention();
    let mut stated = BTreeSet::from([Field::Orientation]);
    let boundary = convention.boundary.unwrap_or(Boundary::Open);
    if convention.boundary.is_some() {
        stated.insert(Field::Boundary);
    }
    let Some(side) = convention.side else { return (Grid { x_axis, dx: 1.0, dy: 1.0, boundary }, stated) };
    let (along_x, along_y) = match x_axis {
        Axis::H => (window.height, window.width),
        Axis::W => (window.width, window.height),
    };
    stated.extend([Field::Dx, Field::Dy]);
    (Grid { x_axis, dx: side / along_x as f64, dy: side / along_y as f64, boundary }, stated)
}

/// The denoiser of windows over the trajectories of a prior: itself where they are as long, else composed.
fn composed(window: Arc<dyn Denoiser<f32>>, prior: &Prior, fold: Fold) -> Result<PriorDenoiser, PriorError> {
    let shape = prior.shape();
    if window.dim() == shape.len() {
        return Ok(PriorDenoiser::new(window));
    }
    let composition = Composition::new(window, shape.frame(), shape.frames, fold)?;
    Ok(PriorDenoiser::new(Arc::new(composition)))
}
