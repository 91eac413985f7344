//! The columns of the tables of a benchmark, each said once for files, page and terminal.

use crate::job::name;
use crate::metric::{METRICS, Metric};
use crate::page::{caption, entrant, verdict};
use crate::record::{Tuned, joined};
use crate::{Overall, Standing};
use equipoise_experiment::SPACE;
use equipoise_report::{Column, Table, pick, significant};

/// Significant digits on the terminal.
const DIGITS: usize = 3;

type Of<R> = Column<'static, R>;

/// A mean over seeds, and the half width of its 95 % interval.
fn mean(metric: &'static Metric) -> [Of<Standing>; 2] {
    let &Metric { name, title, meaning, .. } = metric;
    let half_width = move |s: &Standing| s.measured.get(name).and_then(|found| found.half_width);
    [
        Column::new(name, meaning, move |s: &Standing| s.measured.get(name).map(|found| found.mean))
            .titled(title),
        Column::new(format!("{name}_ci"), format!("95 % interval of {title}"), half_width).titled("±"),
    ]
}

/// The columns of the leaderboard's file. Ranks are among samplers, or among point estimates.
pub(crate) fn standing() -> Vec<Of<Standing>> {
    type At = Of<Standing>;
    let which = [
        At::new("dataset", "with its prior where that is not the Gaussian", |s| s.dataset.clone()),
        At::new("sub", "stride of the observed lattice", |s| s.case.sub),
        At::new("noise", "its standard deviation", |s| s.case.noise).unit("normalised units"),
        At::new("steps", "of the sampler", |s| s.case.steps),
        At::new("rank", "by CRPS ratio, or by CRPS or MAE where no exact samples are known", |s| s.rank),
        At::new("method", "", |s| s.approach.method()),
        At::new("law", "its law, or its own name", |s| s.approach.label()),
        At::new("choice", "published or tuned", |s| s.choice.to_string()),
        At::new("parameter", "its name", |s| s.parameter.as_ref().map(|(name, _)| name.clone())),
        At::new("value", "its value", |s| s.parameter.as_ref().map(|(_, value)| *value)),
        At::new("kind", "", |s| if s.point_estimate { "point estimate" } else { "sampler" }),
        At::new("seeds", "how many", |s| s.seeds),
        At::new("builds", "by their places in the manifest", |s| {
            joined(s.builds.iter().map(usize::to_string))
        }),
        At::new("held_to", "what errors are held to", |s| match s.measured.get("excess") {
            Some(_) => "posterior",
            None => "truth",
        }),
        At::new("ranked_by", "the column of the score", |s| s.measure()),
        At::new("exact_error", "standard error with which exact samples have a CRPS ratio of 1", |s| {
            s.exact_error
        }),
    ];
    which.into_iter().chain(METRICS.iter().flat_map(mean)).chain(cost()).collect()
}

/// What it took, and what it was of.
fn cost() -> [Of<Standing>; 6] {
    type At = Of<Standing>;
    [
        At::new("denoiser_calls", "of the denoiser, for one posterior sample", |s| s.denoiser_calls)
            .titled("calls"),
        At::new("inner_iterations", "iterations of inner solvers, for one posterior sample", |s| {
            s.inner_iterations
        })
        .titled("inner"),
        At::new("tuning_calls", "of the denoiser, in all", |s| s.tuning_calls),
        At::new("seconds", "wall time of one ensemble", |s| s.seconds).unit("s"),
        At::new("states", "over seeds", Standing::states_in_words),
        At::new("space", "of lengths", |_| SPACE),
    ]
}

/// What readers are shown in one cell: the entrant, its parameter, the states over seeds.
fn for_readers() -> [Of<Standing>; 3] {
    let setting = |s: &Standing| {
        let said = |(parameter, value): &(String, f64)| {
            format!("{parameter} = {} ({})", significant(*value, 2), s.choice)
        };
        s.parameter.as_ref().map(said)
    };
    [
        Column::new("entrant", "method, with its law where it takes one", |s: &Standing| name(&s.approach))
            .titled("method"),
        Column::new("setting", "published or tuned value", setting).titled("parameter"),
        Column::new("state", "over seeds; see the definitions below", verdict).titled("states"),
    ]
}

fn chosen<'r>(names: &[&str], rows: impl IntoIterator<Item = &'r Standing>) -> Table {
    let columns: Vec<_> = standing().into_iter().chain(for_readers()).collect();
    Table::of(pick(&columns, names), rows)
}

/// The entrants of one case as the page shows them.
pub(crate) fn case(batch: &[&Standing]) -> Table {
    let with_interval =
        ["crps_ratio", "sliced_w2_ratio", "log_excess", "excess", "bias", "spread_ratio", "coverage_error"];
    let with_interval = with_interval.map(|name| [name.to_owned(), format!("{name}_ci")]);
    let names: Vec<&str> = ["rank", "entrant", "setting"]
        .into_iter()
        .chain(with_interval.iter().flatten().map(String::as_str))
        .chain(["rmse", "crps", "mae", "coverage_90", "misfit"])
        .chain(["denoiser_calls", "inner_iterations", "seconds", "state"])
        .collect();
    let text = batch.first().map_or_else(String::new, |s| {
        let kind = if s.point_estimate { "point estimates" } else { "samplers" };
        format!("{}, {}: {kind}.", s.dataset, s.case)
    });
    chosen(&names, batch.iter().copied()).captioned(caption(text))
}

/// The standings in brief: one row an entrant and case, means over seeds.
pub fn standings_table(board: &[Standing]) -> Table {
    let names = "dataset sub noise steps rank entrant choice states crps_ratio crps_ratio_ci sliced_w2_ratio log_excess \
                 excess rmse crps mae bias spread_ratio coverage_error denoiser_calls seconds";
    chosen(&names.split(' ').collect::<Vec<_>>(), board)
}

fn totals() -> Vec<Of<Overall>> {
    type At = Of<Overall>;
    let mut columns = vec![
        At::new("entrant", "method, with its law where it takes one", |o| {
            entrant(&o.approach, o.choice, o.point_estimate)
        }),
        At::new("approach", "the same without its kind", |o| entrant(&o.approach, o.choice, false))
            .titled("entrant"),
        At::new("cases", "how many", |o| o.cases),
        At::new(
            "exploded",
            "cases in which a seed ended in the explosion event: such a case has infinite scores",
            |o| o.exploded,
        ),
    ];
    for metric in &METRICS {
        let mean =
            |(_, meaning)| Column::new(metric.title, meaning, |o: &Overall| o.measured.get(metric.name));
        columns.extend(metric.over_cases.map(mean));
        let worst = || At::new("worst", "largest score of a case", |o| o.worst);
        columns.extend((metric.name == "crps_ratio").then(worst));
    }
    columns
}

/// The samplers or the point estimates of a dataset as the page shows them.
pub(crate) fn overall_on_page(rows: &[&Overall]) -> Table {
    let columns = totals();
    let ranking = rows.first().map_or("", |first| first.ranking());
    let error = rows.first().and_then(|first| first.exact_error).map_or_else(String::new, |error| {
        let error = significant(error, 2);
        format!(" Exact samples have 1, with a standard error of {error} from their number.")
    });
    let text = format!(
        "Overall: {ranking} over all cases, geometric means. What exploded in fewer cases comes first; of these the \
         least over the other cases.{error}"
    );
    let shown = columns.iter().filter(|column| column.name() != "approach");
    Table::of(shown, rows.iter().copied()).captioned(caption(text))
}

/// The samplers or the point estimates of a dataset, for the terminal.
pub fn overall_table(rows: &[Overall]) -> Table {
    let columns = totals();
    let measured = columns.iter().skip(4);
    let columns =
        pick(&columns, &["approach"]).into_iter().chain(measured).chain(pick(&columns, &["exploded"]));
    Table::of(columns, rows).digits(DIGITS)
}

fn tuning_of<'r>(names: &[&str], rows: impl IntoIterator<Item = &'r Tuned>) -> Table {
    let tried = |t: &Tuned| {
        let tried = t.grid.iter().zip(&t.scores).map(|(value, score)| {
            let score = score.map_or_else(|| "exploded".into(), |score| significant(score, 3));
            format!("{}: {score}", significant(*value, 2))
        });
        tried.collect::<Vec<_>>().join("; ")
    };
    let values = |t: &Tuned| t.grid.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let for_readers = [
        Column::new("case", "", |t: &Tuned| t.case().to_string()),
        Column::new("entrant", "", |t: &Tuned| name(&t.approach())).titled("method"),
        Column::new("score by value", "", tried),
        Column::new("values", "", values).titled("grid"),
    ];
    let columns: Vec<_> = Tuned::columns().into_iter().chain(for_readers).collect();
    Table::of(pick(&columns, names), rows)
}

/// The tuned parameters as the page shows them.
pub(crate) fn tuning_on_page(tunings: &[&Tuned]) -> Table {
    let names = ["case", "entrant", "parameter", "published", "chosen", "score by value", "denoiser_calls"];
    let text = "Tuned parameters: the CRPS of each value of the grid on the validation truth, of point estimates the \
                MAE, and the one chosen.";
    tuning_of(&names, tunings.iter().copied()).captioned(caption(text.into()))
}

/// The tuned parameters in brief.
pub fn tuning_table(tunings: &[Tuned]) -> Table {
    tuning_of(&["dataset", "case", "entrant", "parameter", "values", "chosen", "denoiser_calls"], tunings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use equipoise_experiment::untimed;

    fn header(table: &Table) -> String {
        String::from_utf8(table.csv().unwrap()).unwrap()
    }

    /// What programs read: names and their order.
    #[test]
    fn files_have_these_columns() {
        assert_eq!(
            header(&untimed(Table::of(&standing(), &[]))),
            "dataset,sub,noise,steps,rank,method,law,choice,parameter,value,kind,seeds,builds,held_to,\
         ranked_by,exact_error,crps_ratio,crps_ratio_ci,sliced_w2_ratio,sliced_w2_ratio_ci,\
         log_excess,log_excess_ci,excess,excess_ci,rmse,rmse_ci,bias,bias_ci,spread_ratio,\
         spread_ratio_ci,coverage_error,coverage_error_ci,crps,crps_ci,mae,mae_ci,coverage_50,\
         coverage_50_ci,coverage_90,coverage_90_ci,misfit,misfit_ci,denoiser_calls,inner_iterations,\
         tuning_calls,states,space\n"
        );
        assert_eq!(
            header(&untimed(Table::of(&Tuned::columns(), &[]))),
            "dataset,sub,noise,steps,method,law,parameter,published,chosen,grid,judged_by,scores,\
         members,denoiser_calls,inner_iterations\n"
        );
    }

    /// A view that names a column which is not there panics.
    #[test]
    fn every_view_is_of_columns_that_are_there() {
        let widths = [
            case(&[]),
            standings_table(&[]),
            overall_on_page(&[]),
            overall_table(&[]),
            tuning_on_page(&[]),
            tuning_table(&[]),
        ]
        .map(|table| table.columns.len());
        assert_eq!(widths, [26, 21, 14, 13, 7, 7]);
    }
}
