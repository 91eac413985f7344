//! The verdict over two settings.

use super::picture::{Axis, Field, Picture};
use super::{of_trial, uncertified};
use anyhow::{Context, bail};
use clap::ValueEnum;
use equipoise_experiment::Flow;
use equipoise_report::{significant, write_atomically};
use equipoise_scaling::Law;
use equipoise_stability::Verdict;
use equipoise_sweep::{FlowCertifier, Trial};
use std::path::{Path, PathBuf};

/// Points of a map along std and γ.
const POINTS: usize = 13;
/// std of a map, in powers of ten.
const STDS: (f64, f64) = (-2.5, 0.5);
/// γ of a map, in powers of ten.
const GAMMAS: (f64, f64) = (-4.5, 1.5);
/// Steps of a map.
const STEPS: [usize; 8] = [8, 16, 24, 32, 48, 64, 128, 256];
/// Strides of a map, as far as the grid allows them.
const SUBS: [usize; 6] = [1, 2, 4, 8, 16, 32];

/// Two settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Map {
    /// std down, γ across, for each law, sub and protocol
    #[value(name = "std,gamma")]
    StdGamma,
    /// Steps down, sub across, for each law
    #[value(name = "steps,sub")]
    StepsSub,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Value {
    /// Growth by over-guidance, in milliseconds a point
    G,
    /// Amplification of the run, up to seconds a point
    SigmaW,
}

impl Value {
    fn name(self) -> &'static str {
        match self {
            Self::G => "G",
            Self::SigmaW => "σ_W",
        }
    }

    fn of(self, certifier: &FlowCertifier<'_>, trial: &Trial) -> anyhow::Result<(f64, Verdict)> {
        let missing = || uncertified(trial);
        match self {
            Self::G => {
                let cheap = certifier.cheap(trial).map_err(of_trial(trial))?.with_context(missing)?;
                Ok((cheap.growth.g, cheap.growth.verdict))
            }
            Self::SigmaW => {
                let found = certifier.certificate(trial).map_err(of_trial(trial))?.with_context(missing)?;
                Ok((found.sigma_w, found.verdict))
            }
        }
    }
}

impl Map {
    /// No picture would replace a file, unless that was asked for.
    pub(super) fn check_free(
        self,
        trials: &[Trial],
        value: Value,
        folder: &Path,
        force: bool,
    ) -> anyhow::Result<()> {
        let mut files =
            trials.iter().filter(|trial| self.moves(trial)).map(|t| folder.join(self.file(t, value)));
        match files.find(|path| path.exists()) {
            Some(path) if !force => {
                bail!("{}: the file exists; pass --force to replace it", path.display())
            }
            _ => Ok(()),
        }
    }

    /// Draws one picture for each distinct setting of the rest, and returns their paths.
    pub(super) fn draw(
        self,
        trials: &[Trial],
        flows: &[Flow],
        certifier: &FlowCertifier<'_>,
        value: Value,
        folder: &Path,
    ) -> anyhow::Result<Vec<PathBuf>> {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let mut drawn: Vec<PathBuf> = Vec::new();
        for trial in trials.iter().filter(|trial| self.moves(trial)) {
            let path = folder.join(self.file(trial, value));
            if drawn.contains(&path) {
                continue;
            }
            let flow = flows
                .iter()
                .find(|flow| flow.name() == trial.dataset())
                .context("a trial of an opened flow")?;
            let picture = self.picture(trial, flow, certifier, value)?;
            write_atomically(&path, &picture.png()?)?;
            note!("{}", path.display());
            drawn.push(path);
        }
        Ok(drawn)
    }

    /// Whether the settings of the map change anything of a trial.
    fn moves(self, trial: &Trial) -> bool {
        let law = trial.approach.scaling().ok().flatten();
        match self {
            Self::StdGamma => law.is_some_and(|law| !matches!(law, Law::Matched | Law::Active)),
            Self::StepsSub => true,
        }
    }

    fn file(self, trial: &Trial, value: Value) -> String {
        let Trial { protocol, sub, .. } = trial;
        let (dataset, law) = (trial.dataset(), trial.law());
        let value = if value == Value::G { "g" } else { "sigma_w" };
        match self {
            Self::StdGamma => format!("{dataset}_{protocol}_sub{sub}_{law}_std_gamma_{value}.png"),
            Self::StepsSub => format!("{dataset}_{protocol}_{law}_steps_sub_{value}.png"),
        }
    }

    fn picture(
        self,
        trial: &Trial,
        flow: &Flow,
        certifier: &FlowCertifier<'_>,
        value: Value,
    ) -> anyhow::Result<Picture> {
        let (rows, columns): (Vec<Trial>, Vec<Change>) = match self {
            Self::StdGamma => {
                let stds = powers(STDS).into_iter().rev();
                let rows = stds.map(|std| Trial { std: Some(std), ..trial.clone() });
                (rows.collect(), powers(GAMMAS).into_iter().map(Change::Gamma).collect())
            }
            Self::StepsSub => {
                let rows = STEPS.iter().rev().map(|&steps| Trial { steps, ..trial.clone() });
                let subs = SUBS.into_iter().filter(|&sub| flow.check_sub(sub).is_ok());
                (rows.collect(), subs.map(Change::Sub).collect())
            }
        };
        let point = |row: &Trial, change: &Change| value.of(certifier, &change.of(row));
        let cells = rows
            .iter()
            .map(|row| columns.iter().map(|change| point(row, change)).collect())
            .collect::<anyhow::Result<Vec<Vec<_>>>>()?;
        let down = match self {
            Self::StdGamma => {
                Axis { name: "std", marks: rows.iter().map(|r| mark(r.std.unwrap_or(0.0))).collect() }
            }
            Self::StepsSub => {
                Axis { name: "steps", marks: rows.iter().map(|r| r.steps.to_string()).collect() }
            }
        };
        let across = match self {
            Self::StdGamma => "γ",
            Self::StepsSub => "sub",
        };
        let across = Axis { name: across, marks: columns.iter().map(Change::mark).collect() };
        Ok(Picture { title: self.title(trial), field: Field { name: value.name(), cells }, across, down })
    }

    fn title(self, trial: &Trial) -> String {
        let Trial { sub, steps, .. } = trial;
        let (dataset, law) = (trial.dataset(), trial.law());
        match self {
            Self::StdGamma => format!("{law} on {dataset}, sub {sub}, {steps} steps, predictor alone"),
            Self::StepsSub => format!("{law} on {dataset}, predictor alone"),
        }
    }
}

/// What a column changes of a trial.
enum Change {
    Gamma(f64),
    Sub(usize),
}

impl Change {
    fn of(&self, trial: &Trial) -> Trial {
        match *self {
            Self::Gamma(gamma) => Trial { gamma: Some(gamma), ..trial.clone() },
            Self::Sub(sub) => Trial { sub, ..trial.clone() },
        }
    }

    fn mark(&self) -> String {
        match *self {
            Self::Gamma(gamma) => mark(gamma),
            Self::Sub(sub) => sub.to_string(),
        }
    }
}

fn powers((low, high): (f64, f64)) -> Vec<f64> {
    let step = (high - low) / (POINTS - 1) as f64;
    (0..POINTS).map(|i| 10f64.powf(low + i as f64 * step)).collect()
}

fn mark(value: f64) -> String {
    significant(value, 2)
}
