//! The tables of a benchmark: leaderboard, scores by seed, tuned parameters.

use crate::leaderboard::{leaderboard, records};
use crate::record::Tuned;
use crate::{Error, Interval, Result, Results, Standing};
use equipoise_report::write_atomically;
use equipoise_sweep::SPACE;
use std::path::Path;

/// The leaderboard: one row an entrant and case, means over seeds.
pub const LEADERBOARD_CSV: &str = "leaderboard.csv";
/// One row an ensemble.
pub const SCORES_CSV: &str = "scores.csv";
/// One row a tuned parameter.
pub const TUNING_CSV: &str = "tuning.csv";

/// The columns of the leaderboard. `rank` is among samplers, or among point estimates, by the column that
/// `ranked_by` names; `held_to` tells whether errors are held to the exact posterior or to the truth alone;
/// `_ci` is the half width of the 95 % interval over seeds, and `exact_error` the standard error with which
/// exact samples have a CRPS ratio of 1.
const COLUMNS: [&str; 48] = [
    "dataset",
    "sub",
    "noise",
    "steps",
    "rank",
    "method",
    "law",
    "choice",
    "parameter",
    "value",
    "kind",
    "seeds",
    "builds",
    "held_to",
    "ranked_by",
    "exact_error",
    "crps_ratio",
    "crps_ratio_ci",
    "sliced_w2_ratio",
    "sliced_w2_ratio_ci",
    "log_excess",
    "log_excess_ci",
    "excess",
    "excess_ci",
    "rmse",
    "rmse_ci",
    "bias",
    "bias_ci",
    "spread_ratio",
    "spread_ratio_ci",
    "coverage_error",
    "coverage_error_ci",
    "crps",
    "crps_ci",
    "mae",
    "mae_ci",
    "coverage_50",
    "coverage_50_ci",
    "coverage_90",
    "coverage_90_ci",
    "misfit",
    "misfit_ci",
    "denoiser_calls",
    "inner_iterations",
    "tuning_calls",
    "seconds",
    "states",
    "space",
];

/// Writes the tables of the records so far, and into the manifest how many there are.
///
/// # Errors
/// If a file cannot be written.
pub fn write_tables(results: &Results, running: bool) -> Result<()> {
    let (scores, tunings) = records(results)?;
    let board = leaderboard(results)?;
    results.save(scores.len() + tunings.len(), running, || {
        let folder = results.folder();
        write(&folder.join(LEADERBOARD_CSV), COLUMNS.map(str::to_owned).to_vec(), board.iter().map(cells))?;
        serialised(&folder.join(SCORES_CSV), &scores)?;
        write(&folder.join(TUNING_CSV), TUNING.map(str::to_owned).to_vec(), tunings.iter().map(tuning_cells))
    })
}

/// The columns of the tuned parameters; `grid` and `scores` hold numbers joined by `;`.
const TUNING: [&str; 16] = [
    "dataset",
    "sub",
    "noise",
    "steps",
    "method",
    "law",
    "parameter",
    "published",
    "chosen",
    "grid",
    "judged_by",
    "scores",
    "members",
    "denoiser_calls",
    "inner_iterations",
    "seconds",
];

fn number(x: f64) -> String {
    if x.is_nan() { "nan".into() } else { x.to_string() }
}

fn interval(found: Option<Interval>) -> [String; 2] {
    let half = found.and_then(|found| found.half_width);
    [found.map_or_else(String::new, |found| number(found.mean)), half.map_or_else(String::new, number)]
}

fn cells(s: &Standing) -> Vec<String> {
    let (parameter, value) = s.parameter.clone().map_or_else(Default::default, |(p, v)| (p, number(v)));
    let head = [
        s.dataset.clone(),
        s.case.sub.to_string(),
        number(s.case.noise),
        s.case.steps.to_string(),
        s.rank.to_string(),
        s.approach.method.clone(),
        s.approach.law.clone(),
        s.choice.to_string(),
        parameter,
        value,
        if s.point_estimate { "point estimate" } else { "sampler" }.to_owned(),
        s.seeds.to_string(),
        s.builds.iter().map(usize::to_string).collect::<Vec<_>>().join(";"),
        if s.excess.is_some() { "posterior" } else { "truth" }.to_owned(),
        s.measure().name().to_owned(),
        s.exact_error.map_or_else(String::new, number),
    ];
    let measured = [
        s.crps_ratio,
        s.sliced_w2_ratio,
        s.log_excess,
        s.excess,
        Some(s.rmse),
        s.bias,
        s.spread_ratio,
        s.coverage_error,
        s.crps,
        s.mae,
        s.coverages[0],
        s.coverages[1],
        Some(s.misfit),
    ];
    let tail = [
        number(s.denoiser_calls),
        number(s.inner_iterations),
        s.tuning_calls.to_string(),
        number(s.seconds),
        s.states_in_words(),
        SPACE.to_owned(),
    ];
    head.into_iter().chain(measured.into_iter().flat_map(interval)).chain(tail).collect()
}

fn tuning_cells(t: &Tuned) -> Vec<String> {
    let joined = |cells: Vec<String>| cells.join(";");
    vec![
        t.dataset.clone(),
        t.sub.to_string(),
        number(t.noise),
        t.steps.to_string(),
        t.method.clone(),
        t.law.clone(),
        t.parameter.clone(),
        number(t.published),
        number(t.chosen),
        joined(t.grid.iter().map(|v| number(*v)).collect()),
        t.judged_by.clone(),
        joined(t.scores.iter().map(|r| r.map_or_else(|| "exploded".into(), number)).collect()),
        t.members.to_string(),
        t.denoiser_calls.to_string(),
        t.inner_iterations.to_string(),
        number(t.seconds),
    ]
}

fn write(path: &Path, header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
    let render = || -> std::result::Result<Vec<u8>, csv::Error> {
        let mut to = csv::Writer::from_writer(Vec::new());
        to.write_record(&header)?;
        for row in rows {
            to.write_record(row)?;
        }
        to.into_inner().map_err(|fault| fault.into_error().into())
    };
    finish(path, render())
}

fn serialised<T: serde::Serialize>(path: &Path, rows: &[T]) -> Result<()> {
    let render = || -> std::result::Result<Vec<u8>, csv::Error> {
        let mut to = csv::Writer::from_writer(Vec::new());
        rows.iter().try_for_each(|row| to.serialize(row))?;
        to.into_inner().map_err(|fault| fault.into_error().into())
    };
    finish(path, render())
}

fn finish(path: &Path, bytes: std::result::Result<Vec<u8>, csv::Error>) -> Result<()> {
    let bytes = bytes.map_err(|source| Error::Csv { path: path.to_owned(), source })?;
    Ok(write_atomically(path, &bytes)?)
}
