//! What a sweep prints at its end: state and RMSE over the floor by law and sub.

use crate::format::Format;
use crate::output;
use crate::spectrum::Spectrum;
use crate::table::{Cell, Column, Table};
use equipoise_experiment::{RESULTS_CSV, SPACE, Summary};
use equipoise_metrics::State;
use equipoise_prior::DenoiserName;
use equipoise_report::significant;
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
            diverged: rows.iter().filter(|row| diverged(row)).count(),
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
        let columns = [
            Column::words("dataset"),
            Column::words("protocol"),
            Column::words("prior"),
            Column::numbers("seed"),
            Column::words("law"),
            Column::words("method"),
            Column::numbers("sub"),
            Column::words("state"),
            Column::numbers("rmse"),
            Column::numbers("rmse_over_floor"),
            Column::numbers("diverged_at"),
        ];
        let rows = self.scenes.iter().flat_map(|scene| {
            scene.verdicts.iter().map(move |verdict| {
                vec![
                    scene.dataset.as_str().into(),
                    scene.protocol.as_str().into(),
                    scene.prior.as_str().into(),
                    scene.seed.to_string().into(),
                    verdict.law.as_str().into(),
                    verdict.method.as_str().into(),
                    verdict.sub.into(),
                    verdict.state.as_str().into(),
                    verdict.rmse.into(),
                    verdict.rmse_over_floor.into(),
                    verdict.diverged_at.into(),
                ]
            })
        });
        Table::new(&columns, rows.collect())
    }
}

impl Scene {
    /// Laws by subs.
    fn table(&self) -> Table {
        let subs = distinct(self.verdicts.iter().map(|verdict| verdict.sub));
        let laws = distinct(self.verdicts.iter().map(|verdict| &verdict.law));
        let columns = subs.iter().map(|sub| Column::named(format!("sub {sub}")));
        let columns: Vec<Column> = [Column::words("law")].into_iter().chain(columns).collect();
        let cell = |law: &str, sub: usize| {
            let found = self.verdicts.iter().find(|verdict| verdict.law == law && verdict.sub == sub);
            found.map_or(Cell::Absent, |verdict| verdict.to_string().into())
        };
        let row = |law: &String| {
            let cells = subs.iter().map(|sub| cell(law, *sub));
            [law.as_str().into()].into_iter().chain(cells).collect()
        };
        Table::new(&columns, laws.into_iter().map(row).collect())
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

/// The explosion event.
fn diverged(row: &Row) -> bool {
    [State::Nan, State::Exploded].iter().any(|state| state.name() == row.state)
}

/// The values in order of first appearance.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.fold(Vec::new(), |mut seen, value| {
        if !seen.contains(&value) {
            seen.push(value);
        }
        seen
    })
}
