//! The pictures of a sweep: the truth and every reconstruction of the first seed, as vorticity where there are two
//! velocities, else every component.
//!
//! Under `<dataset>/<protocol>/<law>/`, or `<dataset>/<protocol>/<prior>/<law>/` for priors other than
//! `wiener`: `sparse_ground_truth.png` and `sparse_sub<s>_reconstructed.png`,
//! the study's names, and `cells_sub<s>.png`, the bare cells that the page shows. Member 0 is drawn,
//! in physical units, on one colour scale per dataset. What is drawn of one trial of a flow in full is in `case.rs`.

use crate::case::{Case, read};
use crate::judge::Judged;
use crate::{Flow, Output, Result, Trial};
use equipoise_experiment::{self as experiment, Labelled, View, planes};
use equipoise_field::Shape;
use equipoise_report::{Image, Panel, Viewer, significant, write_atomically};
use std::collections::HashMap;
use std::path::PathBuf;

/// Draws into the folder of an output.
#[derive(Debug)]
pub struct Pictures<'a> {
    output: &'a Output,
    datasets: HashMap<String, Canvas<'a>>,
}

/// What all pictures of one dataset share.
#[derive(Debug)]
struct Canvas<'a> {
    view: View<'a>,
    seed: u64,
    /// The frames that labelled pictures show.
    frames: Vec<usize>,
    /// The truth at those frames.
    truth: Vec<Labelled>,
    /// Flat indices of the observed points of the coarsest lattice, and its stride.
    observed: (Vec<usize>, usize),
    /// The trial that the page lets a reader look through.
    case: Option<Case>,
}

impl<'a> Pictures<'a> {
    /// Prepares the truth's vorticity and lists the pictures of the output's trials in the manifest; `whole` has all
    /// trials of the plan, which say what is shown of a flow.
    ///
    /// # Errors
    /// If a file that the sweep did not write stands where a picture goes, or the folder cannot be
    /// written.
    pub fn new(output: &'a Output, whole: &[Trial], flows: &'a [Flow]) -> Result<Self> {
        let mut datasets = HashMap::new();
        for flow in flows {
            let trials = || whole.iter().filter(|t| t.dataset() == flow.name());
            let Some(first) = trials().next() else { continue };
            let coarsest = trials().map(|t| t.sub).max().unwrap_or(1);
            let drawn = trials().filter(|t| t.seed == first.seed);
            let case = Case::of(flow, drawn, |t| format!("{}/case_sub{}", folder(t), t.sub));
            datasets.insert(flow.name().to_owned(), Canvas::of(flow, first.seed, coarsest, case)?);
        }
        let pictures = Self { output, datasets };
        let names: Vec<String> = output
            .trials()
            .iter()
            .filter(|t| pictures.draws(t))
            .flat_map(|t| [truth_name(t), picture_name(t), cells_name(t)])
            .collect();
        let cases = pictures.datasets.values().filter_map(|canvas| canvas.case.as_ref());
        output.claim(&names.into_iter().chain(cases.flat_map(Case::names)).collect::<Vec<_>>())?;
        Ok(pictures)
    }

    fn draws(&self, trial: &Trial) -> bool {
        self.datasets.get(trial.dataset()).is_some_and(|c| c.seed == trial.seed)
    }

    /// Writes the pictures of a trial of the first seed from its normalised field.
    pub(crate) fn reconstruction(
        &self,
        flow: &Flow,
        trial: &Trial,
        x: &[f32],
        judged: &Judged,
    ) -> Result<()> {
        if !self.draws(trial) {
            return Ok(());
        }
        let canvas = &self.datasets[trial.dataset()];
        let truth = self.path(&truth_name(trial));
        if !truth.exists() {
            write_atomically(&truth, &canvas.truth_panel(flow).picture(canvas.view.quantity)?.png)?;
        }
        let planes = drawn(flow, x, &canvas.frames)?;
        let prior = if trial.is_gaussian() { String::new() } else { format!("{}, ", trial.prior) };
        let title = format!(
            "{}, {}, {prior}{}, sub {}: {}, RMSE {}",
            trial.dataset(),
            trial.protocol,
            trial.law(),
            trial.sub,
            judged.state,
            significant(judged.row.rmse, 3)
        );
        let panel = |title| canvas.view.panel(title, &planes);
        let (picture, cells) = rayon::join(
            || panel(title).picture(canvas.view.quantity),
            || canvas.cells(flow, panel(String::new())),
        );
        write_atomically(&self.path(&picture_name(trial)), &picture?.png)?;
        write_atomically(&self.path(&cells_name(trial)), &cells?.png)?;
        Ok(())
    }

    /// Writes what the page shows of frames and members, if this is the trial that it shows.
    pub(crate) fn case(&self, flow: &Flow, trial: &Trial, members: &(Vec<&[f32]>, Vec<f64>)) -> Result<()> {
        let Some(canvas) = self.datasets.get(trial.dataset()) else { return Ok(()) };
        match canvas.case.as_ref().filter(|case| case.is(trial)) {
            Some(case) => case.write((flow, &canvas.view), members, self.output.folder()),
            None => Ok(()),
        }
    }

    /// Frames and members of one trial of a flow, if it is one of `trials`.
    pub(crate) fn viewer<'t>(
        &self,
        flow: &Flow,
        mut trials: impl Iterator<Item = &'t Trial>,
    ) -> Result<Option<Viewer>> {
        let Some(canvas) = self.datasets.get(flow.name()) else { return Ok(None) };
        match canvas.case.as_ref().filter(|case| trials.any(|trial| case.is(trial))) {
            Some(case) => case.viewer(flow, &canvas.view, self.output.folder()),
            None => Ok(None),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.output.folder().join(name)
    }

    /// The truth as the page shows it, with what the dots on it stand for, and what pictures of the flow share.
    pub(crate) fn truth(&self, flow: &Flow) -> Result<Option<(Image, String, &View<'a>)>> {
        let Some(canvas) = self.datasets.get(flow.name()) else { return Ok(None) };
        let cells = canvas.cells(flow, canvas.truth_panel(flow))?;
        let caption = format!("truth; dots: the points observed at sub {}", canvas.observed.1);
        Ok(Some((cells, caption, &canvas.view)))
    }

    /// The bare cells of a trial, if it was drawn.
    pub(crate) fn cells(&self, trial: &Trial) -> Option<Image> {
        if !self.draws(trial) {
            return None;
        }
        read(&self.path(&cells_name(trial)))
    }
}

impl<'a> Canvas<'a> {
    fn of(flow: &'a Flow, seed: u64, coarsest: usize, case: Option<Case>) -> Result<Self> {
        let last = flow.shape().frames - 1;
        let frames = if last == 0 { vec![0] } else { vec![0, last] };
        let truth = drawn(flow, flow.truth(), &frames)?;
        let (height, width) = (flow.shape().height, flow.shape().width);
        let observed = (0..height)
            .step_by(coarsest)
            .flat_map(|h| (0..width).step_by(coarsest).map(move |w| h * width + w))
            .filter(|cell| !flow.hidden().is_some_and(|hidden| hidden[*cell]))
            .collect();
        let view = View::of(flow.prior(), flow.solid(), &truth);
        Ok(Self { view, seed, frames, truth, observed: (observed, coarsest), case })
    }

    /// The bare cells of a panel as the page shows them: one frame of a large field.
    fn cells(&self, flow: &Flow, mut panel: Panel<'_>) -> Result<Image> {
        if flow.shape().plane() > 100 * 100 {
            panel.frames.truncate(self.truth.len() / self.frames.len());
        }
        Ok(panel.cells()?)
    }

    fn truth_panel(&self, flow: &Flow) -> Panel<'_> {
        let title = format!("{}, truth; dots: points observed at sub {}", flow.name(), self.observed.1);
        let mut panel = self.view.panel(title, &self.truth);
        if let Some(first) = panel.frames.first_mut() {
            first.observed = &self.observed.0;
        }
        panel
    }
}

/// What pictures show of some frames of a normalised field.
fn drawn(flow: &Flow, x: &[f32], frames: &[usize]) -> Result<Vec<Labelled>> {
    let (count, one) = (flow.shape().frames, Shape { frames: 1, ..flow.shape() }.len());
    let frame =
        |t: &usize| planes(flow.prior(), &format!("frame {} of {count}", t + 1), &x[t * one..(t + 1) * one]);
    Ok(frames.iter().map(frame).collect::<experiment::Result<Vec<_>>>()?.concat())
}

fn folder(trial: &Trial) -> String {
    let (dataset, protocol, law) = (trial.dataset(), &trial.protocol, trial.law());
    if trial.is_gaussian() {
        return format!("{dataset}/{protocol}/{}", law.replace(':', "_"));
    }
    // A colon is no part of a file's name on every system.
    let [prior, law] = [trial.prior.to_string(), law].map(|name| name.replace(':', "_"));
    format!("{dataset}/{protocol}/{prior}/{law}")
}

fn truth_name(trial: &Trial) -> String {
    format!("{}/sparse_ground_truth.png", folder(trial))
}

fn picture_name(trial: &Trial) -> String {
    format!("{}/sparse_sub{}_reconstructed.png", folder(trial), trial.sub)
}

fn cells_name(trial: &Trial) -> String {
    format!("{}/cells_sub{}.png", folder(trial), trial.sub)
}
