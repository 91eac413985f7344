//! The verdict over two settings.

use super::told::{SPACE, Thresholds};
use super::{of_trial, uncertified};
use anyhow::Context;
use clap::ValueEnum;
use equipoise_experiment::{Base, Flow};
use equipoise_report::{
    Block, Caption, HeatCell, HeatMap, Page, Section, Tone, Verdict as Told, page, significant,
    write_atomically,
};
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
    /// The pages that it writes.
    pub(super) fn pages(
        self,
        trials: &[Trial],
        value: Value,
        folder: &Path,
    ) -> impl Iterator<Item = PathBuf> {
        trials
            .iter()
            .filter(move |trial| self.moves(trial))
            .map(move |trial| folder.join(self.file(trial, value)))
    }

    /// Writes one page for each distinct setting of the rest, and returns their paths.
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
            let mut flows = flows.iter();
            let flow =
                flows.find(|flow| flow.name() == trial.dataset()).context("a trial of an opened flow")?;
            let map = self.heat(trial, flow, |point| value.of(certifier, point), value)?;
            write_atomically(&path, page(&self.page(trial, map)).as_bytes())?;
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
            Self::StdGamma => format!("{dataset}_{protocol}_sub{sub}_{law}_std_gamma_{value}.html"),
            Self::StepsSub => format!("{dataset}_{protocol}_{law}_steps_sub_{value}.html"),
        }
    }

    /// The trial at every point of the map, row by row from the top.
    fn points(self, trial: &Trial, flow: &Flow) -> (Vec<String>, Vec<(String, Vec<Trial>)>) {
        match self {
            Self::StdGamma => {
                let gammas = powers(GAMMAS);
                let row = |std| {
                    let at = |gamma: &f64| Trial {
                        base: Base { std: Some(std), gamma: Some(*gamma), ..trial.base },
                        ..trial.clone()
                    };
                    (mark(std), gammas.iter().map(at).collect())
                };
                (
                    gammas.iter().copied().map(mark).collect(),
                    powers(STDS).into_iter().rev().map(row).collect(),
                )
            }
            Self::StepsSub => {
                let subs: Vec<usize> = SUBS.into_iter().filter(|&sub| flow.check_sub(sub).is_ok()).collect();
                let row = |steps: usize| {
                    let at = |sub: &usize| Trial { steps, sub: *sub, ..trial.clone() };
                    (steps.to_string(), subs.iter().map(at).collect())
                };
                (subs.iter().map(usize::to_string).collect(), STEPS.into_iter().rev().map(row).collect())
            }
        }
    }

    fn heat(
        self,
        trial: &Trial,
        flow: &Flow,
        of: impl Fn(&Trial) -> anyhow::Result<(f64, Verdict)>,
        value: Value,
    ) -> anyhow::Result<HeatMap> {
        let cell = |point: &Trial| {
            of(point).map(|(number, verdict)| {
                Some(HeatCell { verdict: told(verdict), number, detail: String::new() })
            })
        };
        let (columns, rows) = self.points(trial, flow);
        let row = |(name, points): (String, Vec<Trial>)| {
            Ok((name, points.iter().map(cell).collect::<anyhow::Result<_>>()?))
        };
        let (down, across) = match self {
            Self::StdGamma => ("std", "γ"),
            Self::StepsSub => ("steps", "sub"),
        };
        Ok(HeatMap {
            caption: Caption {
                text: format!("Verdict by {}.", value.name()),
                space: SPACE.into(),
                n_convention: trial.base.n_convention.meaning().into(),
            },
            row_name: down.into(),
            column_name: across.into(),
            number_name: value.name().into(),
            columns,
            rows: rows.into_iter().map(row).collect::<anyhow::Result<_>>()?,
        })
    }

    fn page(self, trial: &Trial, map: HeatMap) -> Page {
        Page {
            title: self.title(trial),
            lead: Vec::new(),
            facts: vec![
                ("version".into(), env!("CARGO_PKG_VERSION").into()),
                ("trial".into(), trial.to_string()),
            ],
            sections: vec![Section { title: "Map".into(), blocks: vec![Block::HeatMap(map)] }],
            notes: vec![("verdicts".into(), Thresholds::OURS.explained())],
        }
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

/// A verdict as a page shows it.
fn told(verdict: Verdict) -> Told {
    let tone = match verdict {
        Verdict::Stable => Tone::Good,
        Verdict::Amplifying => Tone::Strong,
        Verdict::Transient => Tone::Poor,
        Verdict::Explodes => Tone::Broken,
    };
    Told { label: verdict.name().into(), tone }
}

fn powers((low, high): (f64, f64)) -> Vec<f64> {
    let step = (high - low) / (POINTS - 1) as f64;
    (0..POINTS).map(|i| 10f64.powf(low + i as f64 * step)).collect()
}

fn mark(value: f64) -> String {
    significant(value, 2)
}
