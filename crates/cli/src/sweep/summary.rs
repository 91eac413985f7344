//! What a sweep prints at its end: state and RMSE over the floor by law and sub.

use crate::format::Format;
use crate::output;
use crate::spectrum::Spectrum;
use equipoise_experiment::{RESULTS_CSV, SPACE, Summary, distinct};
use equipoise_prior::DenoiserName;
use equipoise_report::{Column, Table, significant};
use equipoise_sweep::{Output, Row};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Significant digits of RMSE/floor in the tables.
const DIGITS: usize = 3;

/// The outcome of a sweep.
#[derive(Serialize)]
pub(super) struct Report {
    /// Units and space of the numbers.
    space: &'static str,
    n_convention: String,
    /// Which seed the tables show.
    seeds: &'static str,
    priors: Vec<Prior>,
    scenes: Vec<Scene>,
    trials: usize,
    rows: usize,
    /// Rows that were there before.
    skipped: usize,
    diverged: usize,
    interrupted: bool,
    seconds: f64,
    results: PathBuf,
    report: PathBuf,
}

/// The prior of one dataset.
#[derive(Serialize)]
struct Prior {
    dataset: String,
    #[serde(flatten)]
    spectrum: Spectrum,
}

/// One dataset under one protocol and prior.
#[derive(Serialize)]
struct Scene {
    dataset: String,
    protocol: String,
    prior: String,
    seed: u64,
    verdicts: Vec<Verdict>,
}

/// One trial of a scene.
#[derive(Serialize)]
struct Verdict {
    law: String,
    method: String,
    sub: usize,
    state: String,
    rmse: f64,
    /// `None` without a floor, and in JSON where it is not finite.
    rmse_over_floor: Option<f64>,
    diverged_at: Option<f64>,
}

impl Report {
    pub(super) fn new(
        output: &Output,
        spectra: Vec<Spectrum>,
        ran: Summary,
        page: PathBuf,
        took: Duration,
    ) -> Self {
        let rows = output.rows();
        let plan = output.manifest().plan;
        let names = plan.datasets.into_iter().map(|dataset| dataset.source.dataset);
        let priors = names.zip(spectra).map(|(dataset, spectrum)| Prior { dataset, spectrum }).collect();
        Self {
            space: SPACE,
            n_convention: plan.n_convention.to_string(),
            seeds: "first seed",
            priors,
            scenes: scenes(&rows),
            trials: output.trials().len(),
            rows: rows.len(),
            skipped: ran.skipped,
            diverged: rows.iter().filter(|row| row.exploded()).count(),
            interrupted: ran.interrupted,
            seconds: took.as_secs_f64(),
            results: output.folder().join(RESULTS_CSV),
            report: page,
        }
    }

    pub(super) fn write(&self, format: Format, to: &mut Vec<u8>) -> anyhow::Result<()> {
        match format {
            Format::Table => Ok(self.write_text(to)?),
            Format::Json => output::write_json(to, self),
            Format::Csv => Ok(self.records().write_csv(to)?),
        }
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        for scene in &self.scenes {
            let Scene { dataset, protocol, prior, seed, .. } = scene;
            let prior =
                if *prior == DenoiserName::WIENER { String::new() } else { format!(", prior {prior}") };
            let what = if scene.verdicts.iter().any(Verdict::is_held) { "RMSE/floor" } else { "RMSE" };
            writeln!(
                to,
                "{dataset}, protocol {protocol}{prior}: state and {what}, first seed ({seed}), {} units, N convention {}",
                self.space, self.n_convention
            )?;
            scene.table().write_text(to, "  ")?;
            writeln!(to)?;
        }
        let Self { rows, trials, diverged, seconds, .. } = self;
        writeln!(to, "{rows} of {trials} trials have rows, {diverged} of them diverged; {seconds:.1} s")?;
        writeln!(to, "diverged trials are rows, not errors")?;
        writeln!(to, "results  {}", self.results.display())?;
        writeln!(to, "report   {}", self.report.display())
    }

    /// One record a trial.
    fn records(&self) -> Table {
        type At<'a> = Column<'a, (&'a Scene, &'a Verdict)>;
        let columns: [At<'_>; 11] = [
            At::new("dataset", "", |(scene, _)| scene.dataset.as_str()),
            At::new("protocol", "", |(scene, _)| scene.protocol.as_str()),
            At::new("prior", "", |(scene, _)| scene.prior.as_str()),
            At::new("seed", "", |(scene, _)| scene.seed),
            At::new("law", "", |(_, verdict)| verdict.law.as_str()),
            At::new("method", "", |(_, verdict)| verdict.method.as_str()),
            At::new("sub", "", |(_, verdict)| verdict.sub),
            At::new("state", "", |(_, verdict)| verdict.state.as_str()),
            At::new("rmse", "", |(_, verdict)| verdict.rmse),
            At::new("rmse_over_floor", "", |(_, verdict)| verdict.rmse_over_floor),
            At::new("diverged_at", "", |(_, verdict)| verdict.diverged_at),
        ];
        let rows = self.scenes.iter().flat_map(|scene| scene.verdicts.iter().map(move |v| (scene, v)));
        let rows: Vec<_> = rows.collect();
        Table::of(&columns, &rows)
    }
}

impl Scene {
    /// Laws by subs.
    fn table(&self) -> Table {
        let cell = |law: &str, sub: usize| {
            let found = self.verdicts.iter().find(|verdict| verdict.law == law && verdict.sub == sub);
            found.map(Verdict::to_string)
        };
        let law = Column::new("law", "", |law: &&str| *law);
        let subs = distinct(self.verdicts.iter().map(|verdict| verdict.sub));
        let subs = subs
            .into_iter()
            .map(|sub| Column::new(format!("sub {sub}"), "", move |law: &&str| cell(law, sub)));
        let columns: Vec<_> = [law].into_iter().chain(subs).collect();
        Table::of(&columns, &distinct(self.verdicts.iter().map(|verdict| verdict.law.as_str())))
    }
}

impl Verdict {
    /// Whether the posterior is known that its error is held to.
    fn is_held(&self) -> bool {
        self.rmse_over_floor.is_some()
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.state.replace('_', " "))?;
        match self.rmse_over_floor.unwrap_or(self.rmse) {
            number if number.is_finite() => write!(f, " {}", significant(number, DIGITS)),
            _ => Ok(()),
        }
    }
}

/// The rows of the first seed of every dataset under every protocol and prior.
fn scenes(rows: &[Row]) -> Vec<Scene> {
    let scene = |row: &Row| (row.dataset.clone(), row.protocol.clone(), row.prior.clone());
    let batches = rows.chunk_by(|a, b| scene(a) == scene(b));
    batches
        .map(|batch| {
            let Row { dataset, protocol, prior, seed, .. } = batch[0].clone();
            let verdicts = batch.iter().filter(|row| row.seed == seed).map(verdict).collect();
            Scene { dataset, protocol, prior, seed, verdicts }
        })
        .collect()
}

fn verdict(row: &Row) -> Verdict {
    Verdict {
        law: row.law.clone(),
        method: row.method.clone(),
        sub: row.sub,
        state: row.state.clone(),
        rmse: row.rmse,
        rmse_over_floor: row.floor_rmse.map(|floor| row.rmse / floor),
        diverged_at: row.diverged_at,
    }
}
