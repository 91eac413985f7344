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
use std::f64::consts::TAU;
use std::sync::Arc;

/// The grid of a kind of flow, and what of it the kind states: Kolmogorov flow is periodic on [0, 2π]², a wake
/// has open borders; lengths else count in grid points.
fn standard_grid(kind: Kind, x_axis: Axis, window: Shape) -> (Grid, BTreeSet<Field>) {
    let boundary = if kind == Kind::Kolmogorov { Boundary::Periodic } else { Boundary::Open };
    let (along_x, along_y) = match x_axis {
        Axis::H => (window.height, window.width),
        Axis::W => (window.width, window.height),
    };
    let mut stated = BTreeSet::from([Field::Orientation]);
    if kind != Kind::Generic {
        stated.insert(Field::Boundary);
    }
    if kind != Kind::Kolmogorov {
        return (Grid { x_axis, dx: 1.0, dy: 1.0, boundary }, stated);
    }
    stated.extend([Field::Dx, Field::Dy]);
    (Grid { x_axis, dx: TAU / along_x as f64, dy: TAU / along_y as f64, boundary }, stated)
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
