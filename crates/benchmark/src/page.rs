//! The page of a benchmark: its leaderboard, case by case.

mod notes;

use crate::columns;
use crate::job::name;
use crate::leaderboard::{leaderboard, records};
use crate::overall::{Overall, overall};
use crate::record::Tuned;
use crate::{Case, Choice, DatasetPlan, Plan, Result, Results, Standing};
use equipoise_experiment::{self as experiment, Approach, REPORT, distinct, grouped, note};
use equipoise_report::{
    Block, Caption, Chart, HeatCell, HeatMap, Page, Scale, Section, Series, Verdict, significant,
};
use equipoise_scaling::NConvention;
use notes::notes;
use std::path::PathBuf;

/// The range of the CRPS ratio that charts show.
const RATIO_BOUNDS: (f64, f64) = (0.5, 1e3);

/// The range of scores in the field's unit that charts show where no exact samples are known.
const SCORE_BOUNDS: (f64, f64) = (1e-2, 1e2);

/// Writes the page from the records that are there, and returns its path.
///
/// # Errors
/// If the page cannot be written.
pub fn write_page(results: &Results) -> Result<PathBuf> {
    let plan = results.manifest().plan;
    let board = leaderboard(results)?;
    let (_, tunings) = records(results)?;
    let totals = overall(&board);
    let mut sections = Vec::new();
    for dataset in &plan.datasets {
        let label = dataset.label();
        let named = |found: &str| found == label;
        let rows: Vec<&Standing> = board.iter().filter(|s| named(&s.dataset)).collect();
        if rows.is_empty() {
            continue;
        }
        let tunings: Vec<&Tuned> = tunings.iter().filter(|t| named(&t.dataset)).collect();
        let totals: Vec<&Overall> = totals.iter().filter(|o| named(&o.dataset)).collect();
        sections.push(overview(setting(&plan, dataset), &rows, &totals, &tunings));
        sections.push(cases(dataset, &rows));
    }
    let whole = Page {
        title: "Equipoise benchmark".into(),
        lead: lead(),
        facts: vec![note("subset", plan.subset.as_str())],
        sections,
        notes: notes(&plan),
    };
    results.write_page(REPORT, whole)
}

fn lead() -> Vec<String> {
    vec![
        "Posterior methods on the same observations of the same flows under the same prior. Where its posterior \
         is known, as under the Gaussian, each ensemble is judged against the exact one; else against the truth."
            .into(),
        "Every method with a parameter enters twice: as published, and tuned on a window of the data that \
         shares no frame with the one it is judged on."
            .into(),
        "Samplers are ranked by the CRPS, a proper score: over its expectation for exact posterior samples where \
         these are known. Point estimates are ranked among themselves by their mean absolute error, which is the \
         CRPS of being sure of a point, over the same number."
            .into(),
    ]
}

fn overview(setting: String, rows: &[&Standing], totals: &[&Overall], tunings: &[&Tuned]) -> Section {
    let title = rows.first().map_or_else(String::new, |s| s.dataset.clone());
    let mut blocks = vec![Block::Text(setting)];
    blocks.extend(
        by_kind(totals, |o| o.point_estimate).map(|kind| Block::Table(columns::overall_on_page(kind))),
    );
    blocks.push(Block::HeatMap(heat_map(rows, totals)));
    blocks.extend(chart(rows).map(Block::Chart));
    if !tunings.is_empty() {
        blocks.push(Block::Table(columns::tuning_on_page(tunings)));
    }
    Section { title, blocks }
}

fn cases(dataset: &DatasetPlan, rows: &[&Standing]) -> Section {
    let batches = rows.chunk_by(|a, b| a.case == b.case);
    let tables =
        |batch: &[&Standing]| by_kind(batch, |s| s.point_estimate).map(columns::case).collect::<Vec<_>>();
    let blocks = batches.flat_map(tables).map(Block::Table).collect();
    Section { title: format!("{}, case by case", dataset.label()), blocks }
}

/// The samplers and the point estimates, of which each may lack; both follow each other.
fn by_kind<'a, T>(rows: &'a [&'a T], is_point: fn(&T) -> bool) -> impl Iterator<Item = &'a [&'a T]> {
    rows.chunk_by(move |a, b| is_point(a) == is_point(b))
}

fn setting(plan: &Plan, dataset: &DatasetPlan) -> String {
    let window = |s: experiment::Segment| {
        format!("frames {} to {} of trajectory {}", s.start, s.start + dataset.window - 1, s.trajectory)
    };
    format!(
        "Judged on {} of the test file, tuned on {}. {} members an ensemble, seeds {}; {} members a value when \
         tuning. Sampler {} where the method leaves it open, spacing {}, schedule {} with η = {}, start {}.",
        window(dataset.test),
        window(dataset.validation),
        plan.members,
        dataset.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        plan.tuning.members,
        plan.sampler,
        plan.spacing,
        plan.schedule,
        plan.eta,
        match plan.start {
            experiment::Start::Normal => "N(0, I)",
            experiment::Start::Prior => "the prior's marginal",
        },
    )
}

pub(crate) fn caption(text: String) -> Caption {
    experiment::caption(text, NConvention::True)
}

/// The entrant as one line: method, law, choice, kind.
pub(crate) fn entrant(approach: &Approach, choice: Choice, point_estimate: bool) -> String {
    let tuned = if choice == Choice::Tuned { ", tuned" } else { "" };
    let point = if point_estimate { " (point estimate)" } else { "" };
    format!("{}{tuned}{point}", name(approach))
}

fn heat_map(rows: &[&Standing], totals: &[&Overall]) -> HeatMap {
    let cases = distinct(rows.iter().map(|s| s.case));
    let row = |o: &&Overall| {
        let of = |case: &Case| {
            let same = |s: &&&Standing| s.case == *case && s.approach == o.approach && s.choice == o.choice;
            let s = rows.iter().find(same)?;
            Some(HeatCell { verdict: verdict(s), number: s.score().mean, detail: detail(s) })
        };
        (entrant(&o.approach, o.choice, o.point_estimate), cases.iter().map(of).collect())
    };
    let name = score_name(are_ratios(rows));
    HeatMap {
        caption: caption(format!(
            "{name} and states over seeds of every entrant on every case, in the order of the tables above."
        )),
        row_name: "entrant".into(),
        column_name: "case".into(),
        number_name: format!("{name}, mean over seeds"),
        columns: cases.iter().map(|c| format!("sub {} · s {} · {}", c.sub, c.noise, c.steps)).collect(),
        rows: totals.iter().map(row).collect(),
    }
}

/// What a score is called: over that of exact samples, or in the field's unit. Of a point estimate it is the mean
/// absolute error.
fn score_name(ratios: bool) -> &'static str {
    if ratios { "CRPS ratio" } else { "CRPS" }
}

fn are_ratios(rows: &[&Standing]) -> bool {
    rows.iter().all(|s| s.measure() == "crps_ratio")
}

fn detail(s: &Standing) -> String {
    let number =
        |name: &str| s.measured.get(name).map_or_else(|| "–".into(), |found| significant(found.mean, 3));
    let [bias, spread, coverage] = ["bias", "spread_ratio", "coverage_error"].map(number);
    format!("bias {bias}, spread {spread}, coverage error {coverage}; {}", s.states_in_words())
}

pub(crate) fn verdict(s: &Standing) -> Verdict {
    let state = s.states.first().map_or("", |(state, _)| state.as_str());
    experiment::verdict(state, &s.states_in_words())
}

/// The score against the stride, for the noise and steps that most strides share.
fn chart(rows: &[&Standing]) -> Option<Chart> {
    let settings = distinct(rows.iter().map(|s| (s.case.noise.to_bits(), s.case.steps)));
    let strides = |(noise, steps): (u64, usize)| {
        let same = rows.iter().filter(|s| (s.case.noise.to_bits(), s.case.steps) == (noise, steps));
        distinct(same.map(|s| s.case.sub)).len()
    };
    let setting = settings.into_iter().max_by_key(|s| (strides(*s), s.1))?;
    if strides(setting) < 2 {
        return None;
    }
    let shown: Vec<&&Standing> =
        rows.iter().filter(|s| (s.case.noise.to_bits(), s.case.steps) == setting).collect();
    let best = |name: &String| {
        let own = shown.iter().filter(|s| name_of(s) == *name);
        let least = |at: &Vec<&&&Standing>| at.iter().map(|s| s.score().mean).fold(f64::INFINITY, f64::min);
        let points = grouped(own, |a, b| a.case.sub == b.case.sub);
        let points = points.iter().map(|at| (at[0].case.sub as f64, least(at))).collect();
        Series { name: name.clone(), points }
    };
    let (noise, steps) = (f64::from_bits(setting.0), setting.1);
    let ratios = are_ratios(rows);
    let y_name = score_name(ratios);
    Some(Chart {
        reference: ratios.then(|| (1.0, "exact samples".into())),
        ..Chart::new(
            caption(format!(
                "{y_name} against the stride at noise {noise} and {steps} steps, each method at the better of its \
             published and its tuned parameter."
            )),
            ["sub", y_name],
            (Scale::Log, if ratios { RATIO_BOUNDS } else { SCORE_BOUNDS }),
            distinct(shown.iter().map(|s| name_of(s))).iter().map(best).collect(),
        )
    })
}

fn name_of(s: &Standing) -> String {
    name(&s.approach)
}
