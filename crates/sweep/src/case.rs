//! The one case of a flow that the page lets a reader look through: frames and members of a trial beside the truth.
//!
//! What is drawn of members lies in the folder, `case_sub<s>_member.png` and its like, so that a page of a sweep that was
//! resumed shows it too; truth and observed points are drawn with the page.

use crate::{Flow, Result, Trial};
use equipoise_experiment::{self as experiment, Planes, View, planes, spread};
use equipoise_field::Shape;
use equipoise_report::{Image, Scene, Shown, Viewer, write_atomically};
use std::path::Path;

/// Frames that are shown.
const FRAMES: usize = 8;

/// Members that are.
const MEMBERS: usize = 8;

/// The law whose trial is chosen where there is one.
const LAW: &str = "matched";

/// What is drawn of members: the end of the file's name, what the page calls it, and whether it has a row a member.
const LAYERS: [(&str, &str, bool); 3] = [
    ("member", "member", true),
    ("error", "member less truth", true),
    ("spread", "standard deviation of the members", false),
];

/// The chosen trial and the frames shown of it.
#[derive(Debug)]
pub(crate) struct Case {
    trial: Trial,
    frames: Vec<usize>,
    /// The path of its files but for their ends, in the folder of the sweep.
    stem: String,
}

impl Case {
    /// Of the trials that are drawn, one under `matched`, else the first, at the middle sub; `stem` names the files of
    /// one.
    pub(crate) fn of<'t>(
        flow: &Flow,
        trials: impl Iterator<Item = &'t Trial>,
        stem: impl Fn(&Trial) -> String,
    ) -> Option<Self> {
        let trials: Vec<&Trial> = trials.collect();
        let first =
            trials.iter().find(|trial| trial.is_gaussian() && trial.law() == LAW).or(trials.first())?;
        let alike = |trial: &&&Trial| trial.same_scene(first) && trial.law() == first.law();
        let mut alike: Vec<&&Trial> = trials.iter().filter(alike).collect();
        alike.sort_by_key(|trial| trial.sub);
        let trial = (**alike.get(alike.len() / 2)?).clone();
        let frames = flow.shape().frames;
        let frames = (0..frames).step_by(frames.div_ceil(FRAMES).max(1)).collect();
        let stem = stem(&trial);
        Some(Self { trial, frames, stem })
    }

    /// Whether it is this one.
    pub(crate) fn is(&self, trial: &Trial) -> bool {
        self.trial == *trial
    }

    /// The names of its files.
    pub(crate) fn names(&self) -> Vec<String> {
        let drawn = LAYERS.iter().filter(|(.., by_member)| *by_member || self.trial.members > 1);
        drawn.map(|(end, ..)| format!("{}_{end}.png", self.stem)).collect()
    }

    /// Draws members, their distance from the truth and their spread.
    ///
    /// # Errors
    /// Those of pictures and files.
    pub(crate) fn write(
        &self,
        (flow, view): (&Flow, &View<'_>),
        (members, log_weights): &(Vec<&[f32]>, Vec<f64>),
        folder: &Path,
    ) -> Result<()> {
        let of = |x: &[f32]| self.planes(flow, x);
        let all = members.iter().map(|x| of(x)).collect::<Result<Vec<Planes>>>()?;
        let truth = of(flow.truth())?;
        let shown = all[..self.shown(flow, all.len())].to_vec();
        let less = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let errors = shown.iter().map(|planes| planes.iter().zip(&truth).map(less).collect()).collect();
        let scene = self.scene(flow, view, shown.len());
        let layers = [
            Shown::Members(shown),
            Shown::Members(errors),
            Shown::Frames(spread(&all, &weights(log_weights))),
        ];
        for (name, layer) in self.names().iter().zip(&layers) {
            write_atomically(&folder.join(name), &scene.image(layer)?.png)?;
        }
        Ok(())
    }

    /// What the page shows; `None` where a file is not there, as after a sweep of an earlier version.
    ///
    /// # Errors
    /// Those of pictures.
    pub(crate) fn viewer(&self, flow: &Flow, view: &View<'_>, folder: &Path) -> Result<Option<Viewer>> {
        let read: Option<Vec<Image>> = self.names().iter().map(|name| read(&folder.join(name))).collect();
        let Some(read) = read else { return Ok(None) };
        let one = self.scene(flow, view, 1);
        let truth = one.image(&Shown::Frames(self.planes(flow, flow.truth())?))?;
        let members = read.first().map_or(0, |image| image.height / truth.height.max(1));
        let Shape { height, width, .. } = flow.shape();
        let lattice = (0..height).step_by(self.trial.sub);
        let lattice = lattice.flat_map(|h| (0..width).step_by(self.trial.sub).map(move |w| h * width + w));
        let seen: Vec<usize> =
            lattice.filter(|cell| !flow.hidden().is_some_and(|hidden| hidden[*cell])).collect();
        let points = one.image(&Shown::Points(vec![seen; self.frames.len()]))?;
        let mut layers = vec![("truth", false, truth), ("observed points", false, points)];
        let drawn = LAYERS.iter().zip(read).map(|((_, name, by_member), image)| (*name, *by_member, image));
        layers.extend(drawn);
        Ok(Some(Viewer::of(self.scene(flow, view, members), layers)?))
    }

    fn shown(&self, flow: &Flow, members: usize) -> usize {
        let Shape { height, width, .. } = flow.shape();
        members.min(MEMBERS).min(Viewer::room([height, width], self.frames.len()))
    }

    /// The first plane of what is shown of each frame.
    fn planes(&self, flow: &Flow, x: &[f32]) -> Result<Planes> {
        let one = Shape { frames: 1, ..flow.shape() }.len();
        let of = |t: &usize| {
            let shown = planes(flow.prior(), "", &x[t * one..(t + 1) * one])?;
            Ok(shown.into_iter().next().map_or_else(Vec::new, |(_, plane)| plane))
        };
        self.frames.iter().map(of).collect::<experiment::Result<_>>().map_err(Into::into)
    }

    fn scene<'a>(&self, flow: &'a Flow, view: &View<'_>, members: usize) -> Scene<'a> {
        let Shape { frames, height, width, .. } = flow.shape();
        Scene {
            caption: format!(
                "{} under {}, sub {}, protocol {}, seed {}: {} of {frames} frames, {members} of {} members.",
                view.name(),
                self.trial.law(),
                self.trial.sub,
                self.trial.protocol,
                self.trial.seed,
                self.frames.len(),
                self.trial.members
            ),
            sides: [height, width],
            grid: flow.prior().grid(),
            limit: view.limit,
            unit: view.unit.to_owned(),
            quantity: view.quantity,
            frames: self.frames.iter().map(|t| format!("frame {} of {frames}", t + 1)).collect(),
            members: (0..members).map(|m| format!("member {m}")).collect(),
            solid: flow.solid(),
        }
    }
}

/// The file of a picture, relative to the folder of a sweep.
pub(crate) fn read(path: &Path) -> Option<Image> {
    let png = std::fs::read(path).ok()?;
    let side = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?) as usize);
    // The header chunk of a PNG begins at byte 16 with width and height.
    let (width, height) = (side(16)?, side(20)?);
    Some(Image { png, width, height })
}

/// Weights as they add up to 1.
fn weights(log_weights: &[f64]) -> Vec<f64> {
    let peak = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = log_weights.iter().map(|w| (w - peak).exp()).sum();
    log_weights.iter().map(|w| (w - peak).exp() / total).collect()
}
