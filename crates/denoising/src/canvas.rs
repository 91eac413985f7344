//! Pictures of normalised fields, as vorticity in physical units on one scale per flow.

use crate::{Flow, Result};
use equipoise_field::{Shape, each};
use equipoise_metrics::vorticity;
use equipoise_report::{Frame, Image, Panel, Picture, robust_limit};

/// The quantile of |ω| of the held-out windows that the scale ends at.
const LIMIT_QUANTILE: f64 = 0.995;

/// Unit of the embedded flows; data of a user's may have one, which no attribute states.
pub(crate) const UNIT: &str = "data units";

/// What all pictures of one flow share.
pub(crate) struct Canvas<'a> {
    flow: &'a Flow,
    pub(crate) limit: f64,
}

impl<'a> Canvas<'a> {
    pub(crate) fn of(flow: &'a Flow) -> Result<Self> {
        let planes = flow
            .held_out()
            .iter()
            .map(|held_out| curl(flow, &held_out.x, 1.0))
            .collect::<Result<Vec<_>>>()?;
        let views: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        Ok(Self { flow, limit: robust_limit(&views, flow.solid(), LIMIT_QUANTILE) })
    }

    /// Vorticity of the first frame of x/μ.
    pub(crate) fn curl(&self, x: &[f32], mu: f64) -> Result<Vec<f32>> {
        curl(self.flow, x, mu)
    }

    /// A labelled picture of (label, vorticity) frames.
    pub(crate) fn picture(&self, title: &str, frames: &[(String, Vec<f32>)]) -> Result<Image> {
        Ok(self.panel(title, frames).picture()?)
    }

    /// Bare cells of one frame, with what the page says of it.
    pub(crate) fn cells(&self, alt: &str, caption: &str, plane: Vec<f32>) -> Result<Picture> {
        let image = self.panel(alt, &[(String::new(), plane)]).cells()?;
        Ok(Picture::new(image, alt, caption))
    }

    fn panel<'p>(&'p self, title: &str, frames: &'p [(String, Vec<f32>)]) -> Panel<'p> {
        let shape = self.flow.shape();
        let frame = |(label, vorticity): &'p (String, Vec<f32>)| Frame {
            label: label.clone(),
            vorticity,
            observed: &[],
        };
        Panel {
            title: title.into(),
            frames: frames.iter().map(frame).collect(),
            height: shape.height,
            width: shape.width,
            grid: self.flow.prior().grid(),
            limit: self.limit,
            unit: UNIT.into(),
            solid: self.flow.solid(),
        }
    }
}

fn curl(flow: &Flow, x: &[f32], mu: f64) -> Result<Vec<f32>> {
    let one = Shape { frames: 1, ..flow.shape() };
    let mut frame = x[..one.len()].to_vec();
    each::update(&mut frame, |x| x / mu as f32);
    flow.prior().normalizer().restore(one, &mut frame)?;
    Ok(vorticity(&frame, one, &flow.prior().grid())?)
}
