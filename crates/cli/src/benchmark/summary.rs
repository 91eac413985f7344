//! What a benchmark prints at its end: entrants over all cases, and the parameters that tuning chose.

use crate::format::Format;
use crate::output;
use crate::table::{Cell, Column, Table};
use equipoise_benchmark::{
    Choice, Interval, LEADERBOARD_CSV, Measure, Overall, Results, Standing, Summary, Tuned, leaderboard,
    overall, records,
};
use equipoise_report::significant;
use equipoise_sweep::{Approach, SPACE};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

/// Significant digits in the tables.
const DIGITS: usize = 3;

/// The outcome of a benchmark.
#[derive(Serialize)]
pub(super) struct Report {
    /// Units and space of the numbers.
    space: &'static str,
    n_convention: &'static str,
    subset: String,
    overall: Vec<Overall>,
    standings: Vec<Standing>,
    tuned: Vec<Tuned>,
    jobs: usize,
    records: usize,
    /// Records that were there before.
    skipped: usize,
    interrupted: bool,
    seconds: f64,
    leaderboard: PathBuf,
    report: PathBuf,
}

impl Report {
    pub(super) fn new(
        results: &Results,
        ran: Summary,
        page: PathBuf,
        took: Duration,
    ) -> anyhow::Result<Self> {
        let standings = leaderboard(results)?;
        let plan = results.manifest().plan;
        Ok(Self {
            space: SPACE,
            n_convention: "true",
            jobs: plan.jobs()?.len(),
            subset: plan.subset,
            overall: overall(&standings),
            standings,
            tuned: records(results)?.1,
            records: results.journal().len(),
            skipped: ran.skipped,
            interrupted: ran.interrupted,
            seconds: took.as_secs_f64(),
            leaderboard: results.folder().join(LEADERBOARD_CSV),
            report: page,
        })
    }

    pub(super) fn write(&self, format: Format, to: &mut Vec<u8>) -> anyhow::Result<()> {
        match format {
            Format::Table => Ok(self.write_text(to)?),
            Format::Json => output::write_json(to, self),
            Format::Csv => Ok(self.records().write_csv(to)?),
        }
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        for rows in
            self.overall.chunk_by(|a, b| a.dataset == b.dataset && a.point_estimate == b.point_estimate)
        {
            let Overall { dataset, cases, .. } = &rows[0];
            let kind = kind(&rows[0]);
            writeln!(
                to,
                "{dataset}, subset {}: {kind} over {cases} cases, geometric means, {} units",
                self.subset, self.space
            )?;
            overall_table(rows).write_text(to, "  ")?;
            if let Some(error) = rows[0].exact_error {
                writeln!(to, "  exact samples: CRPS ratio 1 ± {} (standard error)", significant(error, 2))?;
            }
            writeln!(to)?;
        }
        if !self.tuned.is_empty() {
            writeln!(to, "tuned on the validation window: value chosen, by case")?;
            tuned_table(&self.tuned).write_text(to, "  ")?;
            writeln!(to)?;
        }
        let Self { records, jobs, seconds, .. } = self;
        writeln!(to, "{records} of {jobs} jobs have records; {seconds:.1} s")?;
        writeln!(to, "leaderboard  {}", self.leaderboard.display())?;
        writeln!(to, "report       {}", self.report.display())
    }

    /// One record an entrant and case.
    fn records(&self) -> Table {
        let words =
            ["dataset", "sub", "noise", "steps", "rank", "entrant", "choice", "states"].map(Column::words);
        let numbers = [
            "crps_ratio",
            "crps_ratio_ci",
            "sliced_w2_ratio",
            "log_excess",
            "excess",
            "rmse",
            "crps",
            "mae",
            "bias",
            "spread_ratio",
            "coverage_error",
            "denoiser_calls",
            "seconds",
        ]
        .map(Column::numbers);
        let columns: Vec<Column> = words.into_iter().chain(numbers).collect();
        let mean = |found: Option<Interval>| Cell::from(found.map(|i| i.mean));
        let row = |s: &Standing| {
            vec![
                s.dataset.as_str().into(),
                s.case.sub.into(),
                s.case.noise.into(),
                s.case.steps.into(),
                s.rank.into(),
                name(&s.approach).into(),
                s.choice.to_string().into(),
                s.states_in_words().into(),
                mean(s.crps_ratio),
                s.crps_ratio.and_then(|i| i.half_width).into(),
                mean(s.sliced_w2_ratio),
                mean(s.log_excess),
                mean(s.excess),
                s.rmse.mean.into(),
                mean(s.crps),
                mean(s.mae),
                mean(s.bias),
                mean(s.spread_ratio),
                mean(s.coverage_error),
                s.denoiser_calls.into(),
                s.seconds.into(),
            ]
        };
        Table::new(&columns, self.standings.iter().map(row).collect())
    }
}

/// The method, with its law where it takes one.
fn name(approach: &Approach) -> String {
    let Approach { law, method } = approach;
    if law == method { method.clone() } else { format!("{method} {law}") }
}

/// What the entrants of a table are and what they are ranked by.
fn kind(of: &Overall) -> &'static str {
    match (of.measure, of.point_estimate) {
        (Measure::CrpsRatio, false) => "samplers by CRPS over that of exact samples",
        (Measure::CrpsRatio, true) => "point estimates by MAE over the CRPS of exact samples",
        (Measure::Crps, _) => "samplers by CRPS, for no exact samples are known,",
        (Measure::Mae, _) => "point estimates by MAE, for no exact samples are known,",
    }
}

fn overall_table(rows: &[Overall]) -> Table {
    let number = |x: f64| Cell::Text(significant(x, DIGITS));
    let columns = [
        Column::words("entrant"),
        Column::numbers("CRPS ratio"),
        Column::numbers("worst"),
        Column::numbers("SW2 ratio"),
        Column::numbers("|ln RMSE/floor|"),
        Column::numbers("RMSE/floor"),
        Column::numbers("bias"),
        Column::numbers("spread"),
        Column::numbers("coverage error"),
        Column::numbers("CRPS"),
        Column::numbers("MAE"),
        Column::numbers("truth in 90 %"),
        Column::numbers("exploded"),
    ];
    let row = |o: &Overall| {
        let tuned = if o.choice == Choice::Tuned { ", tuned" } else { "" };
        let optional = |x: Option<f64>| x.map_or(Cell::Absent, number);
        vec![
            format!("{}{tuned}", name(&o.approach)).into(),
            optional(o.crps_ratio),
            number(o.worst),
            optional(o.sliced_w2_ratio),
            optional(o.log_excess),
            optional(o.excess),
            optional(o.bias),
            optional(o.spread_ratio),
            optional(o.coverage_error),
            optional(o.crps),
            optional(o.mae),
            optional(o.coverage_90),
            o.exploded.into(),
        ]
    };
    Table::new(&columns, rows.iter().map(row).collect())
}

fn tuned_table(tuned: &[Tuned]) -> Table {
    let columns = ["dataset", "case", "method", "parameter", "grid", "chosen"].map(Column::words);
    let calls = Column::numbers("denoiser calls");
    let row = |t: &Tuned| {
        let grid: Vec<String> = t.grid.iter().map(f64::to_string).collect();
        vec![
            t.dataset.as_str().into(),
            t.case().to_string().into(),
            name(&t.approach()).into(),
            t.parameter.as_str().into(),
            grid.join(" ").into(),
            t.chosen.to_string().into(),
            t.denoiser_calls.into(),
        ]
    };
    let columns: Vec<Column> = columns.into_iter().chain([calls]).collect();
    Table::new(&columns, tuned.iter().map(row).collect())
}
