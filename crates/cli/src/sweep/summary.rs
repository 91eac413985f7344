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
    /// None of a shard.
    report: Option<PathBuf>,
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
    /// The trials of that seed.
    verdicts: Table,
    #[serde(skip)]
    rows: Vec<Row>,
}

/// What is said of a trial.
fn columns() -> [Column<'static, Row>; 11] {
    type At = Column<'static, Row>;
    [
        At::new("dataset", "", |row| row.dataset.clone()),
        At::new("protocol", "", |row| row.protocol.clone()),
        At::new("prior", "", |row| row.prior.clone()),
        At::new("seed", "", |row| row.seed),
        At::new("law", "", |row| row.law.clone()),
        At::new("method", "", |row| row.method.clone()),
        At::new("sub", "", |row| row.sub),
        At::new("state", "", |row| row.state.clone()),
        At::new("rmse", "", |row| row.rmse),
        At::new("rmse_over_floor", "", over_floor),
        At::new("diverged_at", "", |row| row.diverged_at),
    ]
}

/// `None` without a floor.
fn over_floor(row: &Row) -> Option<f64> {
    row.floor_rmse.map(|floor| row.rmse / floor)
}

/// State and RMSE over the floor, or the RMSE where there is none.
fn told(row: &Row) -> String {
    let state = row.state.replace('_', " ");
    match over_floor(row).unwrap_or(row.rmse) {
        number if number.is_finite() => format!("{state} {}", significant(number, DIGITS)),
        _ => state,
    }
}

impl Report {
    pub(super) fn new(
        output: &Output,
        spectra: Vec<Spectrum>,
        ran: Summary,
        page: Option<PathBuf>,
        took: Duration,
    ) -> anyhow::Result<Self> {
        let (mut firsts, mut count, mut diverged) = (Vec::<Row>::new(), 0, 0);
        output.for_each_row(|row| {
            count += 1;
            diverged += usize::from(row.exploded());
            let first = firsts.iter().rev().find(|first| scene(first) == scene(&row));
            if first.is_none_or(|first| first.seed == row.seed) {
                firsts.push(row);
            }
        })?;
        let plan = output.manifest().plan;
        let names = plan.datasets.into_iter().map(|dataset| dataset.source.dataset);
        let priors = names.zip(spectra).map(|(dataset, spectrum)| Prior { dataset, spectrum }).collect();
        Ok(Self {
            space: SPACE,
            n_convention: plan.base.n_convention.to_string(),
            seeds: "first seed",
            priors,
            scenes: firsts.chunk_by(|a, b| scene(a) == scene(b)).map(Scene::of).collect(),
            trials: output.trials().len(),
            rows: count,
            skipped: ran.skipped,
            diverged,
            interrupted: ran.interrupted,
            seconds: took.as_secs_f64(),
            results: output.folder().join(RESULTS_CSV),
            report: page,
        })
    }

    pub(super) fn print(&self, format: Format) -> anyhow::Result<()> {
        let rows = || self.scenes.iter().flat_map(|scene| &scene.rows);
        output::print_as(format, |to| self.write_text(to), self, || Table::of(&columns(), rows()))
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        for scene in &self.scenes {
            let Scene { dataset, protocol, prior, seed, .. } = scene;
            let prior =
                if *prior == DenoiserName::WIENER { String::new() } else { format!(", prior {prior}") };
            let what =
                if scene.rows.iter().any(|row| row.floor_rmse.is_some()) { "RMSE/floor" } else { "RMSE" };
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
        match &self.report {
            Some(page) => writeln!(to, "report   {}", page.display()),
            None => Ok(()),
        }
    }
}

/// Dataset, protocol and prior.
fn scene(row: &Row) -> [&str; 3] {
    [&row.dataset, &row.protocol, &row.prior]
}

impl Scene {
    /// Of the rows of one seed.
    fn of(rows: &[Row]) -> Self {
        let [dataset, protocol, prior] = scene(&rows[0]).map(str::to_owned);
        let verdicts = Table::of(&columns()[4..], rows);
        Self { dataset, protocol, prior, seed: rows[0].seed, verdicts, rows: rows.to_vec() }
    }

    /// Laws by subs.
    fn table(&self) -> Table {
        let cell =
            |law: &str, sub: usize| self.rows.iter().find(|row| row.law == law && row.sub == sub).map(told);
        let law = Column::new("law", "", |law: &&str| *law);
        let subs = distinct(self.rows.iter().map(|row| row.sub)).into_iter();
        let subs = subs.map(|sub| Column::new(format!("sub {sub}"), "", move |law: &&str| cell(law, sub)));
        let columns: Vec<_> = [law].into_iter().chain(subs).collect();
        Table::of(&columns, &distinct(self.rows.iter().map(|row| row.law.as_str())))
    }
}
