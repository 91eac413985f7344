//! Pictures of normalised fields on one scale: vorticity in physical units where there are two velocities, else every
//! component.

use crate::Result;
use equipoise_field::{Grid, Real, Shape};
use equipoise_prior::Prior;
use equipoise_report::{Frame, Image, Panel, Picture, Quantity, ReportError, robust_limit};

/// A plane with its label.
pub type Labelled = (String, Vec<f32>);

/// A plane a frame.
pub type Planes = Vec<Vec<f32>>;

/// The quantile of sizes that the scale ends at.
pub const LIMIT_QUANTILE: f64 = 0.995;

/// Unit of the embedded flows; data of a user's may have one, which no attribute states.
pub const UNIT: &str = "data units";

/// √(Σ w(x − Σ w x)²/(1 − Σ w²)) at every point, w the weights of members as they add up to 1; NaN for one member.
pub fn spread(members: &[Planes], weights: &[f64]) -> Planes {
    let rest = 1.0 - weights.iter().map(|w| w * w).sum::<f64>();
    let plane = |t: usize| {
        let of = |i: usize| {
            let each = || members.iter().zip(weights).map(move |(member, w)| (member[t][i].wide(), w));
            let mean: f64 = each().map(|(x, w)| w * x).sum();
            f32::narrow((each().map(|(x, w)| w * (x - mean).powi(2)).sum::<f64>() / rest).sqrt())
        };
        (0..members[0][t].len()).map(of).collect()
    };
    (0..members.first().map_or(0, Vec::len)).map(plane).collect()
}

/// What all pictures of one flow share.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// The colour scale ends at ± this.
    pub limit: f64,
    /// What pictures show.
    pub quantity: Quantity<'static>,
    /// Its unit; empty for none.
    pub unit: &'static str,
    grid: Grid,
    shape: Shape,
    solid: Option<&'a [bool]>,
}

/// What pictures show of one frame (C, H, W) of a normalised field, one plane or one a component.
///
/// # Errors
/// [`Error::Data`](crate::Error::Data), [`Error::Prior`](crate::Error::Prior) for a field of another shape.
pub fn planes(prior: &Prior, label: &str, frame: &[f32]) -> Result<Vec<Labelled>> {
    let mut frame = frame.to_vec();
    prior.normalizer().restore(Shape { frames: 1, ..prior.shape() }, &mut frame)?;
    let label = |name: &str| if name.is_empty() { label.to_owned() } else { format!("{label}, {name}") };
    Ok(prior.shown(&frame)?.into_iter().map(|shown| (label(&shown.name), shown.plane)).collect())
}

impl<'a> View<'a> {
    /// Of a prior's flow, on the scale of some planes.
    pub fn of(prior: &Prior, solid: Option<&'a [bool]>, planes: &[Labelled]) -> Self {
        let planes: Vec<&[f32]> = planes.iter().map(|(_, plane)| plane.as_slice()).collect();
        let (quantity, unit) =
            if prior.shows_vorticity() { (Quantity::VORTICITY, UNIT) } else { (Quantity::COMPONENTS, "") };
        let limit = robust_limit(&planes, solid, LIMIT_QUANTILE);
        Self { limit, quantity, unit, grid: prior.grid(), shape: prior.shape(), solid }
    }

    /// What pictures show, in a word.
    pub fn name(&self) -> &'static str {
        if self.quantity == Quantity::VORTICITY { "Vorticity" } else { "Components" }
    }

    /// These planes, ready to be drawn.
    pub fn panel<'p>(&self, title: impl Into<String>, frames: &'p [Labelled]) -> Panel<'p>
    where
        'a: 'p,
    {
        let frame =
            |(label, plane): &'p Labelled| Frame { label: label.clone(), vorticity: plane, observed: &[] };
        Panel {
            title: title.into(),
            frames: frames.iter().map(frame).collect(),
            height: self.shape.height,
            width: self.shape.width,
            grid: self.grid,
            limit: self.limit,
            unit: self.unit.into(),
            solid: self.solid,
        }
    }

    /// A labelled picture.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn picture(&self, title: &str, frames: &[Labelled]) -> std::result::Result<Image, ReportError> {
        self.panel(title, frames).picture(self.quantity)
    }

    /// Bare cells, with what the page says of them.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn cells(
        &self,
        alt: &str,
        caption: &str,
        frames: &[Labelled],
    ) -> std::result::Result<Picture, ReportError> {
        Ok(Picture::new(self.panel(alt, frames).cells()?, alt, caption))
    }
}
