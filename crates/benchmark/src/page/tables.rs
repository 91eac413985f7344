//! The tables of the page.

use super::{caption, entrant, verdict};
use crate::job::name;
use crate::record::Tuned;
use crate::{Interval, Overall, Standing};
use equipoise_report::{Cell, Column, Table, significant};

const OVERALL: [(&str, &str); 12] = [
    ("entrant", "method, with its law where it takes one"),
    ("cases", "how many"),
    ("exploded", "cases in which a seed ended in the explosion event"),
    (
        "error",
        "geometric mean over cases of RMSE over floor, 1 is exact; of the RMSE where no posterior is known",
    ),
    ("worst", "largest error"),
    ("bias", "mean over cases, in posterior standard deviations"),
    ("spread ratio", "mean over cases"),
    ("coverage error", "mean over cases"),
    ("CRPS ratio", "mean over cases; 1 is exact"),
    ("SW₂ ratio", "mean over cases; 1 is exact"),
    ("CRPS", "mean over cases, on the truth"),
    ("coverage 90 %", "of the truth, mean over cases"),
];

pub(super) fn overall_table(totals: &[&Overall]) -> Table {
    let number = |found: Option<f64>| found.map_or(Cell::Absent, Cell::Number);
    let row = |o: &&Overall| {
        vec![
            Cell::Text(entrant(&o.approach, o.choice, o.point_estimate)),
            Cell::Count(o.cases as u64),
            Cell::Count(o.exploded as u64),
            Cell::Number(o.error),
            Cell::Number(o.worst),
            number(o.bias),
            number(o.spread_ratio),
            number(o.coverage_error),
            number(o.crps_ratio),
            number(o.sliced_w2_ratio),
            number(o.crps),
            number(o.coverage_90),
        ]
    };
    let held = totals.iter().all(|o| o.held);
    let error = if held { "excess" } else { "RMSE, for the posterior is not known," };
    Table {
        caption: caption(format!("Over all cases, the least {error} first.")),
        columns: columns(&OVERALL),
        rows: totals.iter().map(row).collect(),
    }
}

fn columns(names: &[(&str, &str)]) -> Vec<Column> {
    names.iter().map(|(name, meaning)| Column { name: (*name).into(), meaning: (*meaning).into() }).collect()
}

/// The columns of a case: names and what they hold.
const COLUMNS: [(&str, &str); 24] = [
    ("rank", "by excess, or by RMSE where no posterior is known"),
    ("method", "method, with its law where it takes one"),
    ("parameter", "published or tuned value"),
    ("kind", "point estimates are not judged on spread"),
    ("RMSE", "against the truth"),
    ("excess", "RMSE over floor; 1 is exact"),
    ("±", "95 % interval of excess over seeds"),
    ("bias", "of the ensemble mean, in posterior standard deviations; 0 is exact"),
    ("±", "95 % interval of bias"),
    ("spread ratio", "ensemble spread over the posterior's; 1 is exact"),
    ("±", "95 % interval of spread ratio"),
    ("coverage error", "largest over 50 % and 90 % intervals; 0 is exact"),
    ("±", "95 % interval of coverage error"),
    ("CRPS ratio", "fair CRPS over its expectation for exact samples; 1 is exact"),
    ("±", "95 % interval of CRPS ratio"),
    ("SW₂ ratio", "sliced Wasserstein-2 to exact samples, over that between exact ensembles; 1 is exact"),
    ("±", "95 % interval of SW₂ ratio"),
    ("CRPS", "fair CRPS on the truth"),
    ("coverage 90 %", "of the truth"),
    ("χ", "misfit to the observations; about 1 for exact samples"),
    ("calls", "of the denoiser, for one posterior sample"),
    ("inner", "iterations of inner solvers, for one posterior sample"),
    ("seconds", "wall time of one ensemble"),
    ("states", "over seeds; see the definitions below"),
];

pub(super) fn case_table(batch: &[&Standing]) -> Table {
    let row = |s: &&Standing| {
        let mut cells = vec![
            Cell::Count(s.rank as u64),
            Cell::Text(name(&s.approach)),
            s.parameter.as_ref().map_or(Cell::Absent, |(parameter, value)| {
                Cell::Text(format!("{parameter} = {} ({})", significant(*value, 2), s.choice))
            }),
            Cell::Text(if s.point_estimate { "point estimate" } else { "sampler" }.into()),
        ];
        cells.push(Cell::Number(s.rmse.mean));
        let measured = [s.excess, s.bias, s.spread_ratio, s.coverage_error, s.crps_ratio, s.sliced_w2_ratio];
        for found in measured {
            cells.push(found.map_or(Cell::Absent, |i| Cell::Number(i.mean)));
            cells.push(found.and_then(|i| i.half_width).map_or(Cell::Absent, Cell::Number));
        }
        let mean = |found: Option<Interval>| found.map_or(Cell::Absent, |i| Cell::Number(i.mean));
        cells.extend([
            mean(s.crps),
            mean(s.coverages[1]),
            Cell::Number(s.misfit.mean),
            Cell::Number(s.denoiser_calls),
            Cell::Number(s.inner_iterations),
            Cell::Number(s.seconds),
            Cell::State(verdict(s)),
        ]);
        cells
    };
    let text = batch.first().map_or_else(String::new, |s| format!("{}, {}.", s.dataset, s.case));
    Table { caption: caption(text), columns: columns(&COLUMNS), rows: batch.iter().map(row).collect() }
}

pub(super) fn tuning_table(tunings: &[&Tuned]) -> Table {
    let names = ["case", "method", "parameter", "published", "chosen", "RMSE by value", "denoiser calls"];
    let row = |t: &&Tuned| {
        let tried = t.grid.iter().zip(&t.rmse).map(|(value, rmse)| {
            let rmse = rmse.map_or_else(|| "exploded".into(), |rmse| significant(rmse, 3));
            format!("{}: {rmse}", significant(*value, 2))
        });
        vec![
            Cell::Text(t.case().to_string()),
            Cell::Text(name(&t.approach())),
            Cell::Text(t.parameter.clone()),
            Cell::Number(t.published),
            Cell::Number(t.chosen),
            Cell::Text(tried.collect::<Vec<_>>().join("; ")),
            Cell::Count(t.denoiser_calls as u64),
        ]
    };
    Table {
        caption: caption(
            "Tuned parameters: the grid, the validation RMSE of each value, the one chosen.".into(),
        ),
        columns: columns(&names.map(|name| (name, ""))),
        rows: tunings.iter().map(row).collect(),
    }
}
