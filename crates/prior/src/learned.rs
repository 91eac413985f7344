//! Priors that were learned elsewhere, as denoisers over the trajectories of a prior.

mod files;
mod process;

pub(crate) use files::{FromFiles, NETWORK};
pub(crate) use process::{FromProcess, SERVE};

use crate::{Prior, PriorDenoiser, Result};
use equipoise_composition::{Composition, Fold};
use equipoise_data::{Coordinates, Described, Field, Kind, Particulars};
use equipoise_denoiser::Denoiser;
use equipoise_field::{Axis, Boundary, Grid, Shape};
use std::path::PathBuf;
use std::sync::Arc;

/// The fields of a kind of flow, and what of them the kind states; what it leaves open has open borders and lengths
/// in grid points.
fn standard(path: PathBuf, kind: Kind, x_axis: Axis, window: Shape) -> Described {
    let (convention, frame) = (kind.convention(), Shape { frames: 1, ..window });
    let boundary = convention.boundary.unwrap_or(Boundary::Open);
    let mut grid = Grid { x_axis, dx: 1.0, dy: 1.0, boundary };
    let mut particulars = Particulars::default();
    particulars.stated.insert(Field::Orientation);
    if convention.boundary.is_some() {
        particulars.stated.insert(Field::Boundary);
    }
    if let Some(side) = convention.side {
        let (along_x, along_y) = match x_axis {
            Axis::H => (window.height, window.width),
            Axis::W => (window.width, window.height),
        };
        (grid.dx, grid.dy) = (side / along_x as f64, side / along_y as f64);
        particulars.stated.extend([Field::Dx, Field::Dy]);
    }
    let coordinates = Coordinates { x_first: 0.0, y_first: 0.0, time_step: 1.0 };
    Described { path, kind, frame, grid, coordinates, geometry: None, mask: None, particulars }
}

/// The denoiser of windows over the trajectories of a prior: itself where they are as long, else composed.
fn composed(window: Arc<dyn Denoiser<f32>>, prior: &Prior, fold: Fold) -> Result<PriorDenoiser> {
    let shape = prior.shape();
    if window.dim() == shape.len() {
        return Ok(PriorDenoiser::new(window));
    }
    let composition = Composition::new(window, shape.frame(), shape.frames, fold)?;
    Ok(PriorDenoiser::new(Arc::new(composition)))
}
