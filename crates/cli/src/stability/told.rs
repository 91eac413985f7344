//! What the verb prints: a row for each trial, and notes.

use crate::format::Format;
use crate::output;
use crate::table::{Cell, Column, Table};
use equipoise_report::significant;
use equipoise_stability::{Scope, Verdict};
use equipoise_sweep::{Prediction, Trial};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;

/// The posterior standard deviation in units of η below which the noise left at the end is no detail.
const SHARP: f64 = 3.0;

/// Everything that was said.
#[derive(Serialize)]
pub(super) struct Report {
    /// Units and space of σ_W, G and amplitudes.
    pub(super) space: &'static str,
    pub(super) thresholds: Thresholds,
    pub(super) told: Vec<Told>,
    pub(super) notes: Vec<Note>,
    pub(super) maps: Vec<PathBuf>,
    pub(super) seconds: f64,
}

/// What divides the verdicts, as `equipoise_stability` names it.
#[derive(Serialize)]
pub(super) struct Thresholds {
    pub(super) stable_up_to: f64,
    pub(super) explodes_above: f64,
    pub(super) field_above: f64,
    pub(super) transient_above: f64,
}

/// One trial.
#[derive(Serialize)]
pub(super) struct Told {
    dataset: String,
    protocol: String,
    steps: usize,
    corrections: usize,
    sub: usize,
    law: String,
    sigma_w: f64,
    peak: f64,
    /// The field at the end over the prior's own.
    field: f64,
    g: f64,
    /// The mean field's last amplitude, with corrections.
    amplitude: Option<f64>,
    verdict: &'static str,
    /// `local` where it holds along one trajectory only.
    scope: &'static str,
    t: Option<f64>,
    direction: String,
    /// Of σ_W.
    seconds: f64,
    /// Of G, given its table.
    seconds_g: f64,
}

/// A remark on a dataset.
#[derive(Serialize)]
pub(super) struct Note {
    pub(super) dataset: String,
    pub(super) text: String,
}

impl Told {
    pub(super) fn new(trial: &Trial, prediction: &Prediction) -> Self {
        let certificate = &prediction.certified.certificate;
        let verdict: Verdict = prediction.verdict();
        let field = prediction.mean_field.as_ref();
        Self {
            dataset: trial.dataset().to_owned(),
            protocol: trial.protocol.clone(),
            steps: trial.steps,
            corrections: trial.corrections,
            sub: trial.sub,
            law: trial.law(),
            sigma_w: certificate.sigma_w,
            peak: certificate.peak,
            field: certificate.field,
            g: prediction.cheap.growth.g,
            amplitude: field.and_then(|field| field.run.amplitude.last().copied()),
            verdict: verdict.name(),
            scope: if prediction.scope == Scope::Local { "local" } else { "global" },
            t: prediction.crossing().map(|crossing| crossing.t),
            direction: prediction.direction().to_string(),
            seconds: prediction.certified.seconds,
            seconds_g: prediction.cheap.seconds,
        }
    }

    fn cells(&self, digits: bool) -> Vec<Cell> {
        let number = |x: f64| if digits { significant(x, 3).into() } else { Cell::Number(x) };
        let verdict =
            if self.scope == "local" { format!("{} (local)", self.verdict) } else { self.verdict.into() };
        vec![
            self.dataset.as_str().into(),
            self.protocol.as_str().into(),
            self.steps.into(),
            self.corrections.into(),
            self.sub.into(),
            self.law.as_str().into(),
            number(self.sigma_w),
            number(self.peak),
            number(self.field),
            number(self.g),
            self.amplitude.map_or(Cell::Absent, number),
            if digits { verdict.into() } else { self.verdict.into() },
            if digits { Cell::Absent } else { self.scope.into() },
            self.t.map_or(Cell::Absent, number),
            self.direction.as_str().into(),
            number(self.seconds),
            number(self.seconds_g),
        ]
    }
}

const COLUMNS: [Column; 17] = [
    Column::words("dataset"),
    Column::words("protocol"),
    Column::numbers("steps"),
    Column::numbers("corrections"),
    Column::numbers("sub"),
    Column::words("law"),
    Column::numbers("sigma_w"),
    Column::numbers("peak"),
    Column::numbers("field"),
    Column::numbers("g"),
    Column::numbers("amplitude"),
    Column::words("verdict"),
    Column::words("scope"),
    Column::numbers("t"),
    Column::words("direction"),
    Column::numbers("seconds"),
    Column::numbers("seconds_g"),
];

impl Note {
    /// How the noise left at the end compares with the posterior.
    pub(super) fn of_end(trial: &Trial, posterior_std: f64) -> Self {
        let ratio = posterior_std / trial.eta;
        let mut text = format!(
            "sub {}: η = {} against a posterior std of {}",
            trial.sub,
            significant(trial.eta, 3),
            significant(posterior_std, 3)
        );
        if ratio < SHARP {
            text += ": the noise left at t = 0 is no detail beside it";
        }
        Self { dataset: trial.dataset().to_owned(), text }
    }
}

impl Report {
    pub(super) fn print(&self, format: Format) -> anyhow::Result<()> {
        output::print_as(format, |to| self.write_text(to), self, || self.table(false))
    }

    fn table(&self, digits: bool) -> Table {
        Table::new(&COLUMNS, self.told.iter().map(|told| told.cells(digits)).collect())
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "Amplification, {}; seconds of σ_W and of G", self.space)?;
        self.table(true).write_text(to, "  ")?;
        let Thresholds { stable_up_to, explodes_above, field_above, transient_above } = self.thresholds;
        writeln!(
            to,
            "stable: σ_W ≤ {stable_up_to}; explodes: σ_W above {explodes_above} with a field above {field_above} \
             times the prior's norm, or a peak whose rounding in f32 stays above {explodes_above}; transient: back \
             after a peak above {transient_above}; amplifying: the rest. With corrections also by their amplitude, \
             whichever is worse."
        )?;
        for Note { dataset, text } in &self.notes {
            writeln!(to, "{dataset}: {text}")?;
        }
        for map in &self.maps {
            writeln!(to, "map  {}", map.display())?;
        }
        writeln!(to, "{:.1} s", self.seconds)
    }
}
