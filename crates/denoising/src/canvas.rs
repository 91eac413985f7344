//! Pictures of normalised fields on one scale per flow: vorticity in physical units where there are two
//! velocities, else every component.

use crate::{Flow, Result};
use equipoise_field::{Shape, each};
use equipoise_report::{Frame, Image, Panel, Picture, Quantity, robust_limit};

/// A plane with its label.
pub(crate) type Labelled = (String, Vec<f32>);

/// The quantile of sizes in the held-out windows that the scale ends at.
const LIMIT_QUANTILE: f64 = 0.995;

/// Unit of the embedded flows; data of a user's may have one, which no attribute states.
const UNIT: &str = "data units";

/// What all pictures of one flow share.
pub(crate) struct Canvas<'a> {
    flow: &'a Flow,
    pub(crate) limit: f64,
}

impl<'a> Canvas<'a> {
    pub(crate) fn of(flow: &'a Flow) -> Result<Self> {
        let mut planes = Vec::new();
        for held_out in flow.held_out() {
            planes.extend(shown(flow, "", &held_out.x, 1.0)?.into_iter().map(|(_, plane)| plane));
        }
        let views: Vec<&[f32]> = planes.iter().map(Vec::as_slice).collect();
        Ok(Self { flow, limit: robust_limit(&views, flow.solid(), LIMIT_QUANTILE) })
    }

    /// The first frame of x/μ under a label, one plane or one a component.
    pub(crate) fn shown(&self, label: &str, x: &[f32], mu: f64) -> Result<Vec<Labelled>> {
        shown(self.flow, label, x, mu)
    }

    /// What pictures show.
    pub(crate) fn quantity(&self) -> Quantity<'static> {
        if self.flow.prior().shows_vorticity() { Quantity::VORTICITY } else { Quantity::COMPONENTS }
    }

    /// The unit of what they show; empty for none.
    pub(crate) fn unit(&self) -> &'static str {
        if self.flow.prior().shows_vorticity() { UNIT } else { "" }
    }

    /// A labelled picture.
    pub(crate) fn picture(&self, title: &str, frames: &[Labelled]) -> Result<Image> {
        Ok(self.panel(title, frames).picture_of(self.quantity())?)
    }

    /// Bare cells, with what the page says of them.
    pub(crate) fn cells(&self, alt: &str, caption: &str, frames: &[Labelled]) -> Result<Picture> {
        let image = self.panel(alt, frames).cells()?;
        Ok(Picture::new(image, alt, caption))
    }

    fn panel<'p>(&'p self, title: &str, frames: &'p [Labelled]) -> Panel<'p> {
        let shape = self.flow.shape();
        let frame =
            |(label, vorticity): &'p Labelled| Frame { label: label.clone(), vorticity, observed: &[] };
        Panel {
            title: title.into(),
            frames: frames.iter().map(frame).collect(),
            height: shape.height,
            width: shape.width,
            grid: self.flow.prior().grid(),
            limit: self.limit,
            unit: self.unit().into(),
            solid: self.flow.solid(),
        }
    }
}

fn shown(flow: &Flow, label: &str, x: &[f32], mu: f64) -> Result<Vec<Labelled>> {
    let one = Shape { frames: 1, ..flow.shape() };
    let mut frame = x[..one.len()].to_vec();
    each::update(&mut frame, |x| x / mu as f32);
    flow.prior().normalizer().restore(one, &mut frame)?;
    let label = |name: &str| if name.is_empty() { label.to_owned() } else { format!("{label}, {name}") };
    Ok(flow.prior().shown(&frame)?.into_iter().map(|shown| (label(&shown.name), shown.plane)).collect())
}
