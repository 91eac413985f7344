//! The tables of the page.

use super::{caption, entrant, verdict};
use crate::job::name;
use crate::record::Tuned;
use crate::{Interval, Measure, Overall, Standing};
use equipoise_report::{Cell, Table, significant};

const OVERALL: [(&str, &str); 14] = [
    ("entrant", "method, with its law where it takes one"),
    ("cases", "how many"),
    ("exploded", "cases in which a seed ended in the explosion event: such a case has infinite scores"),
    ("CRPS ratio", "to exact samples, of point estimates that of the MAE; 1 is exact"),
    ("worst", "largest score of a case"),
    ("SW₂ ratio", "1 is exact"),
    ("|ln(RMSE/floor)|", "mean over cases; near 0 is exact, by the number of members"),
    ("RMSE/floor", "1 is exact"),
    ("bias", "b with 1 + b² the geometric mean of 1 + bias², in posterior standard deviations"),
    ("spread ratio", "1 is exact"),
    ("coverage error", "mean over cases"),
    ("CRPS", "on the truth"),
    ("MAE", "of point estimates"),
    ("coverage 90 %", "of the truth, mean over cases"),
];

/// The samplers or the point estimates of a dataset.
pub(super) fn overall_table(totals: &[&Overall]) -> Table {
    let number = |found: Option<f64>| found.map_or(Cell::Absent, Cell::Number);
    let row = |o: &&Overall| {
        vec![
            Cell::Text(entrant(&o.approach, o.choice, o.point_estimate)),
            Cell::Count(o.cases as u64),
            Cell::Count(o.exploded as u64),
            number(o.crps_ratio),
            Cell::Number(o.worst),
            number(o.sliced_w2_ratio),
            number(o.log_excess),
            number(o.excess),
            number(o.bias),
            number(o.spread_ratio),
            number(o.coverage_error),
            number(o.crps),
            number(o.mae),
            number(o.coverage_90),
        ]
    };
    Table::new(OVERALL, totals.iter().map(row).collect())
        .captioned(caption(totals.first().map_or_else(String::new, |first| ranking(first))))
}

/// What a table is ranked by.
fn ranking(of: &Overall) -> String {
    let kind = if of.point_estimate { "Point estimates" } else { "Samplers" };
    let by = match (of.measure, of.point_estimate) {
        (Measure::CrpsRatio, false) => "the ratio of their CRPS to that of exact samples",
        (Measure::CrpsRatio, true) => "the ratio of their mean absolute error to the CRPS of exact samples",
        (Measure::Crps, _) => "their CRPS, for no exact samples are known",
        (Measure::Mae, _) => "their mean absolute error, for no exact samples are known",
    };
    let error = of.exact_error.map_or_else(String::new, |error| {
        format!(
            " Exact samples have 1, with a standard error of {} from their number.",
            significant(error, 2)
        )
    });
    format!(
        "{kind} over all cases by {by}, geometric means. What exploded in fewer cases comes first; of these the \
         least over the other cases.{error}"
    )
}

/// The columns of a case: names and what they hold.
const COLUMNS: [(&str, &str); 26] = [
    ("rank", "by CRPS ratio, or by CRPS or MAE where no exact samples are known"),
    ("method", "method, with its law where it takes one"),
    ("parameter", "published or tuned value"),
    (
        "CRPS ratio",
        "fair CRPS, of point estimates the MAE, over the CRPS that exact samples expect; 1 is exact",
    ),
    ("±", "95 % interval of CRPS ratio over seeds"),
    ("SW₂ ratio", "sliced Wasserstein-2 to exact samples, over that between exact ensembles; 1 is exact"),
    ("±", "95 % interval of SW₂ ratio"),
    ("|ln(RMSE/floor)|", "near 0 is exact, by the number of members"),
    ("±", "95 % interval of |ln(RMSE/floor)|"),
    ("RMSE/floor", "1 is exact"),
    ("±", "95 % interval of RMSE/floor"),
    ("bias", "of the ensemble mean, in posterior standard deviations; 0 is exact"),
    ("±", "95 % interval of bias"),
    ("spread ratio", "ensemble spread over the posterior's; 1 is exact"),
    ("±", "95 % interval of spread ratio"),
    ("coverage error", "largest over 50 % and 90 % intervals; 0 is exact"),
    ("±", "95 % interval of coverage error"),
    ("RMSE", "against the truth"),
    ("CRPS", "fair CRPS on the truth"),
    ("MAE", "mean absolute error of point estimates"),
    ("coverage 90 %", "of the truth"),
    ("χ", "misfit to the observations; about 1 for exact samples"),
    ("calls", "of the denoiser, for one posterior sample"),
    ("inner", "iterations of inner solvers, for one posterior sample"),
    ("seconds", "wall time of one ensemble"),
    ("states", "over seeds; see the definitions below"),
];

/// The samplers or the point estimates of a case.
pub(super) fn case_table(batch: &[&Standing]) -> Table {
    let row = |s: &&Standing| {
        let mut cells = vec![
            Cell::Count(s.rank as u64),
            Cell::Text(name(&s.approach)),
            s.parameter.as_ref().map_or(Cell::Absent, |(parameter, value)| {
                Cell::Text(format!("{parameter} = {} ({})", significant(*value, 2), s.choice))
            }),
        ];
        let ratios = [s.crps_ratio, s.sliced_w2_ratio, s.log_excess, s.excess];
        for found in ratios.into_iter().chain([s.bias, s.spread_ratio, s.coverage_error]) {
            cells.push(found.map_or(Cell::Absent, |i| Cell::Number(i.mean)));
            cells.push(found.and_then(|i| i.half_width).map_or(Cell::Absent, Cell::Number));
        }
        let mean = |found: Option<Interval>| found.map_or(Cell::Absent, |i| Cell::Number(i.mean));
        cells.extend([
            Cell::Number(s.rmse.mean),
            mean(s.crps),
            mean(s.mae),
            mean(s.coverages[1]),
            Cell::Number(s.misfit.mean),
            Cell::Number(s.denoiser_calls),
            Cell::Number(s.inner_iterations),
            Cell::Number(s.seconds),
            Cell::State(verdict(s)),
        ]);
        cells
    };
    let text = batch.first().map_or_else(String::new, |s| {
        let kind = if s.point_estimate { "point estimates" } else { "samplers" };
        format!("{}, {}: {kind}.", s.dataset, s.case)
    });
    Table::new(COLUMNS, batch.iter().map(row).collect()).captioned(caption(text))
}

pub(super) fn tuning_table(tunings: &[&Tuned]) -> Table {
    let names = ["case", "method", "parameter", "published", "chosen", "score by value", "denoiser calls"];
    let row = |t: &&Tuned| {
        let tried = t.grid.iter().zip(&t.scores).map(|(value, score)| {
            let score = score.map_or_else(|| "exploded".into(), |score| significant(score, 3));
            format!("{}: {score}", significant(*value, 2))
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
    let text = "Tuned parameters: the CRPS of each value of the grid on the validation truth, of point estimates the \
                MAE, and the one chosen.";
    Table::new(names.map(|name| (name, "")), tunings.iter().map(row).collect())
        .captioned(caption(text.into()))
}
