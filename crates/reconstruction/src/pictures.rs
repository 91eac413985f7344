//! Pictures of a reconstruction: mean, uncertainty, misfit of every sensor.

use crate::looking::viewer;
use crate::observed::{nearest, observed};
use crate::{Ensemble, Misfit, Problem, Result};
use equipoise_experiment::{LIMIT_QUANTILE, UNIT};
use equipoise_field::{Real, Shape};
use equipoise_prior::Shown;
use equipoise_report::{Frame, Image, Panel, Quantity, Viewer, robust_limit, write_atomically};
use std::path::Path;

/// Deviates at which the colour scale of misfits ends.
const MISFIT_LIMIT: f64 = 5.0;

/// Up to three pictures, and what a page shows of frames and members.
#[derive(Clone, Debug, PartialEq)]
pub struct Pictures {
    /// The mean at the first and the last frame, with the places of the sensors: vorticity where there are two
    /// velocities, else every component.
    pub mean: Image,
    /// √(Var u + Var v) at the same frames, of several members.
    pub uncertainty: Option<Image>,
    /// The deviate of every sensor's score, where it stands and is known.
    pub misfit: Option<Image>,
    /// Truth, members, their distance and spread, frame by frame.
    pub viewer: Viewer,
}

/// Names of the files, as [`Pictures`] orders them.
pub(crate) const NAMES: [&str; 3] = ["mean.png", "uncertainty.png", "misfit.png"];

impl Pictures {
    /// Draws them; `truth` (T, C, H, W) in physical units, where it is known.
    ///
    /// # Errors
    /// [`ReconstructionError::Report`](crate::ReconstructionError::Report),
    /// [`ReconstructionError::Metrics`](crate::ReconstructionError::Metrics).
    pub fn of(
        problem: &Problem,
        ensemble: &Ensemble,
        misfit: Option<&Misfit>,
        truth: Option<&[f32]>,
    ) -> Result<Self> {
        let canvas = Canvas::of(problem);
        let of = match ensemble.is_exact(problem) {
            true => "of the posterior".to_owned(),
            false => format!("{} members", ensemble.members.len()),
        };
        let uncertainty = ensemble.std().map(|std| canvas.uncertainty(std, &of));
        Ok(Self {
            mean: canvas.mean(ensemble)?,
            uncertainty: uncertainty.transpose()?,
            misfit: misfit.map(|misfit| canvas.misfit(misfit)).transpose()?,
            viewer: viewer(problem, ensemble, truth)?,
        })
    }
}

/// Writes them into a folder, which must exist.
///
/// # Errors
/// [`ReconstructionError::Report`](crate::ReconstructionError::Report) naming the path.
pub fn write_pictures(folder: &Path, pictures: &Pictures) -> Result<()> {
    let all = [Some(&pictures.mean), pictures.uncertainty.as_ref(), pictures.misfit.as_ref()];
    for (name, image) in NAMES.iter().zip(all) {
        if let Some(image) = image {
            write_atomically(&folder.join(name), &image.png)?;
        }
    }
    Ok(())
}

/// The place of a frame among those shown, what is said of a plane beside it, and the plane.
type Drawn = (usize, String, Vec<f32>);

/// What the pictures share.
struct Canvas<'a> {
    problem: &'a Problem,
    shape: Shape,
    frames: Vec<usize>,
    solid: Option<Vec<bool>>,
    /// For each frame shown the grid points nearest to sensors, increasing.
    places: Vec<Vec<usize>>,
}

impl<'a> Canvas<'a> {
    fn of(problem: &'a Problem) -> Self {
        let shape = problem.shape;
        let solid = problem.prior.solid();
        let frames = if shape.frames == 1 { vec![0] } else { vec![0, shape.frames - 1] };
        // Along a trajectory that is composed of windows sensors may be elsewhere: those that read a frame.
        let own = |t: usize| problem.composite.is_some().then_some(t);
        let places = frames.iter().map(|t| observed(problem, own(*t))).collect();
        Self { problem, shape, frames, solid, places }
    }

    fn mean(&self, ensemble: &Ensemble) -> Result<Image> {
        let (frame, prior) = (self.shape.frame(), &self.problem.prior);
        let mut planes = Vec::new();
        for (at, &t) in self.frames.iter().enumerate() {
            let shown = prior.shown(&ensemble.mean()[t * frame..(t + 1) * frame])?;
            planes.extend(shown.into_iter().map(|Shown { name, plane }| (at, name, plane)));
        }
        let title = "Mean of the reconstruction; dots: sensors".to_owned();
        let quantity = if prior.shows_vorticity() { Quantity::VORTICITY } else { Quantity::COMPONENTS };
        self.draw(title, quantity, &planes, None, true)
    }

    fn uncertainty(&self, std: &[f32], of: &str) -> Result<Image> {
        let (frame, plane, prior) = (self.shape.frame(), self.shape.plane(), &self.problem.prior);
        let of_frame = |(at, &t): (usize, &usize)| -> Vec<Drawn> {
            let std = &std[t * frame..(t + 1) * frame];
            if let Some([u, v]) = prior.velocities() {
                let (u, v) = (&std[u * plane..], &std[v * plane..]);
                let both = |i: usize| f32::narrow(u[i].wide().hypot(v[i].wide()));
                return vec![(at, String::new(), (0..plane).map(both).collect())];
            }
            let each = prior.components().into_iter().zip(prior.normalizer().scale());
            let each = each.zip(std.chunks_exact(plane));
            let over = |std: &[f32], scale: f64| std.iter().map(|s| f32::narrow(s.wide() / scale)).collect();
            each.map(|((name, scale), std)| (at, name, over(std, *scale))).collect()
        };
        let planes: Vec<Drawn> = self.frames.iter().enumerate().flat_map(of_frame).collect();
        let (what, name) = match prior.velocities() {
            Some(_) => ("the velocity", "standard deviation of the velocity"),
            None => ("the components", "standard deviation of the components, normalised"),
        };
        let quantity = Quantity { name, symbol: "std", signed: false };
        self.draw(format!("Uncertainty of {what}, {of}; dots: sensors"), quantity, &planes, None, true)
    }

    /// Squares around the sensors, on white.
    fn misfit(&self, misfit: &Misfit) -> Result<Image> {
        let (height, width) = (self.shape.height, self.shape.width);
        let reach = (height.min(width) / 60).max(1);
        let mut plane = vec![0.0f32; height * width];
        let mut ordered: Vec<_> = misfit.sensors.iter().collect();
        ordered.sort_by(|a, b| a.score.deviate.abs().total_cmp(&b.score.deviate.abs()));
        for sensor in ordered {
            let Some(&first) = sensor.entries.first() else { continue };
            let centre = nearest(self.problem, first);
            let (h, w) = (centre / width, centre % width);
            for row in h.saturating_sub(reach)..=(h + reach).min(height - 1) {
                let columns = w.saturating_sub(reach)..=(w + reach).min(width - 1);
                plane[row * width..][columns].fill(f32::narrow(sensor.score.deviate));
            }
        }
        let title =
            "Misfit of every sensor: red further from the mean than noise and prior let expect, blue nearer";
        let quantity = Quantity { name: "standard normal deviate of χ", symbol: "z", signed: true };
        self.draw(title.to_owned(), quantity, &[(0, String::new(), plane)], Some(MISFIT_LIMIT), false)
    }

    fn draw(
        &self,
        title: String,
        quantity: Quantity<'_>,
        planes: &[Drawn],
        limit: Option<f64>,
        dots: bool,
    ) -> Result<Image> {
        let views: Vec<&[f32]> = planes.iter().map(|(_, _, plane)| plane.as_slice()).collect();
        let bare = limit.is_some() || !self.problem.prior.shows_vorticity();
        let unit = if bare { "" } else { UNIT };
        let label = |t: usize, name: &str| match (limit, name) {
            (Some(_), _) => "all frames".into(),
            (None, "") => self.time(t),
            (None, name) => format!("{}, {name}", self.time(t)),
        };
        let frames = planes.iter();
        let panel = Panel {
            title,
            frames: frames
                .map(|(at, name, plane)| Frame {
                    label: label(self.frames[*at], name),
                    vorticity: plane,
                    observed: if dots { &self.places[*at] } else { &[] },
                })
                .collect(),
            height: self.shape.height,
            width: self.shape.width,
            grid: self.problem.prior.grid(),
            limit: limit.unwrap_or_else(|| robust_limit(&views, self.solid.as_deref(), LIMIT_QUANTILE)),
            unit: unit.to_owned(),
            solid: self.solid.as_deref(),
        };
        Ok(panel.picture(quantity)?)
    }

    fn time(&self, t: usize) -> String {
        format!("frame {} of {}", t + 1, self.shape.frames)
    }
}
