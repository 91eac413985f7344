//! Entrants ranked on every case by a proper score, with intervals over seeds.

use crate::record::{Record, Score, Tuned};
use crate::{Case, Choice, Interval, Results};
use equipoise_experiment::{Approach, exploded};
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What entrants are ranked by: less is better, and nothing has a lower expectation than exact samples, or of
/// points than the posterior's medians.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The fair CRPS over its expectation for exact samples; of a point estimate its mean absolute error over
    /// that, the CRPS of being sure of it.
    CrpsRatio,
    /// The fair CRPS, where no exact samples are known.
    Crps,
    /// The mean absolute error of a point estimate, where no exact samples are known.
    Mae,
}

/// One entrant on one case: means over seeds. `None` where undefined or not judged.
///
/// An ensemble of which a member exploded has no result: whatever measures its distance from the truth or the
/// posterior (errors, bias, spread, scores) is infinite under that seed, and so is the mean. What was measured
/// where its runs stopped is in [`Score`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The dataset.
    pub dataset: String,
    /// The case.
    pub case: Case,
    /// Its place among the samplers of the case, or among its point estimates, from 1; equals share one.
    pub rank: usize,
    /// The method.
    pub approach: Approach,
    /// Its parameter.
    pub choice: Choice,
    /// Name and value of the parameter.
    pub parameter: Option<(String, f64)>,
    /// Whether its members are estimates of one point.
    pub point_estimate: bool,
    /// Seeds.
    pub seeds: usize,
    /// The builds that wrote their scores, by their places, from 0, in the manifest.
    pub builds: Vec<usize>,
    /// RMSE over floor; `None` where the posterior is not known.
    pub excess: Option<Interval>,
    /// |ln(RMSE/floor)|, which narrow and wide ensembles raise alike; of exact samples it is near 0, by their number.
    pub log_excess: Option<Interval>,
    /// RMSE against the truth.
    pub rmse: Interval,
    /// Fair CRPS on the truth; not of point estimates.
    pub crps: Option<Interval>,
    /// Mean absolute error of point estimates.
    pub mae: Option<Interval>,
    /// Coverage of the truth by the 50 % and the 90 % interval.
    pub coverages: [Option<Interval>; 2],
    /// Bias over the posterior standard deviation.
    pub bias: Option<Interval>,
    /// Spread over the posterior standard deviation.
    pub spread_ratio: Option<Interval>,
    /// Coverage error.
    pub coverage_error: Option<Interval>,
    /// CRPS, or the mean absolute error of a point estimate, over the CRPS that exact samples have in expectation.
    pub crps_ratio: Option<Interval>,
    /// The standard error with which as many exact samples under as many seeds have a ratio of 1.
    pub exact_error: Option<f64>,
    /// Sliced W₂ over its mean between exact ensembles.
    pub sliced_w2_ratio: Option<Interval>,
    /// χ.
    pub misfit: Interval,
    /// Calls of the denoiser for one posterior sample.
    pub denoiser_calls: f64,
    /// Iterations of inner solvers for one posterior sample.
    pub inner_iterations: f64,
    /// Calls of the denoiser that tuning took, in all; 0 for the published parameter.
    pub tuning_calls: usize,
    /// Wall seconds of one ensemble.
    pub seconds: f64,
    /// How many seeds ended in each state, the most frequent first.
    pub states: Vec<(String, usize)>,
}

/// The standings of every case, in plan order; within a case samplers and then point estimates, each by
/// [`Standing::score`], and where that is infinite by how many seeds exploded.
pub fn leaderboard(results: &Results) -> Vec<Standing> {
    let (scores, tunings) = records(results);
    ranked(&scores, &tunings)
}

pub(crate) fn ranked(scores: &[Score], tunings: &[Tuned]) -> Vec<Standing> {
    let mut board = Vec::new();
    for case in scores.chunk_by(|a, b| a.dataset == b.dataset && a.case() == b.case()) {
        let mut standings: Vec<Standing> =
            entrants(case).into_iter().filter_map(|rows| standing(&rows, tunings)).collect();
        standings.sort_by(Standing::order);
        for place in 0..standings.len() {
            let first = |s: &Standing| s.order(&standings[place]).is_eq();
            let better = standings.iter().position(first).unwrap_or(place);
            let others =
                standings[..better].iter().filter(|s| s.point_estimate != standings[place].point_estimate);
            standings[place].rank = 1 + better - others.count();
        }
        board.extend(standings);
    }
    board
}

/// The records so far in plan order, by kind.
pub fn records(results: &Results) -> (Vec<Score>, Vec<Tuned>) {
    split(results.rows())
}

/// Records by kind.
pub(crate) fn split(records: impl IntoIterator<Item = Record>) -> (Vec<Score>, Vec<Tuned>) {
    let (mut scores, mut tunings) = (Vec::new(), Vec::new());
    for record in records {
        match record {
            Record::Score(score) => scores.push(*score),
            Record::Tuned(tuned) => tunings.push(*tuned),
        }
    }
    (scores, tunings)
}

/// The rows of each entrant, in order of first appearance.
fn entrants(rows: &[Score]) -> Vec<Vec<&Score>> {
    let mut groups: Vec<Vec<&Score>> = Vec::new();
    for row in rows {
        let same = |group: &&mut Vec<&Score>| {
            let first = group[0];
            (&first.method, &first.law, first.choice) == (&row.method, &row.law, row.choice)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn standing(rows: &[&Score], tunings: &[Tuned]) -> Option<Standing> {
    let first = *rows.first()?;
    let over = |of: fn(&Score) -> Option<f64>| over(rows, of);
    let result = |of: fn(&Score) -> Option<f64>| result(rows, of);
    let mean = |of: fn(&Score) -> f64| rows.iter().map(|row| of(row)).sum::<f64>() / rows.len() as f64;
    let tuning = tunings.iter().find(|tuned| {
        tuned.dataset == first.dataset && tuned.case() == first.case() && tuned.approach() == first.approach()
    });
    Some(Standing {
        dataset: first.dataset.clone(),
        case: first.case(),
        rank: 0,
        approach: first.approach(),
        choice: first.choice,
        parameter: first.parameter.clone().zip(first.value),
        point_estimate: first.point_estimate,
        seeds: rows.len(),
        builds: rows.iter().map(|row| row.build).collect::<BTreeSet<_>>().into_iter().collect(),
        excess: result(|row| row.excess),
        log_excess: result(|row| Some(row.excess?.ln().abs())),
        rmse: result(|row| Some(row.rmse))?,
        crps: result(|row| row.crps),
        mae: result(|row| row.mae),
        coverages: [over(|row| row.coverage_50), over(|row| row.coverage_90)],
        bias: result(|row| row.bias),
        spread_ratio: result(|row| row.spread_ratio),
        coverage_error: over(|row| row.coverage_error),
        crps_ratio: result(|row| Some(row.crps.or(row.mae)? / row.crps_exact?)),
        exact_error: exact_error(rows),
        sliced_w2_ratio: result(distance),
        misfit: over(|row| Some(row.misfit))?,
        denoiser_calls: mean(|row| row.denoiser_calls),
        inner_iterations: mean(|row| row.inner_iterations),
        tuning_calls: tuning.filter(|_| first.choice == Choice::Tuned).map_or(0, |t| t.denoiser_calls),
        seconds: mean(|row| row.seconds),
        states: states(rows),
    })
}

/// The mean over seeds of what every one of them has.
fn over(rows: &[&Score], of: impl Fn(&Score) -> Option<f64>) -> Option<Interval> {
    Interval::of(&rows.iter().map(|row| of(row)).collect::<Option<Vec<f64>>>()?)
}

/// As [`over`], of what is infinite where a member exploded.
fn result(rows: &[&Score], of: impl Fn(&Score) -> Option<f64>) -> Option<Interval> {
    over(rows, |row| of(row).map(|found| if exploded(&row.state) { f64::INFINITY } else { found }))
}

/// The sliced W₂ ratio; of an ensemble with a NaN no distance is taken.
fn distance(row: &Score) -> Option<f64> {
    match row.sliced_w2.zip(row.sliced_w2_floor) {
        Some((found, floor)) => Some(found / floor),
        None => row.crps.zip(row.crps_exact).map(|_| f64::INFINITY),
    }
}

/// Of the mean of the ratios of exact samples, independent from seed to seed.
fn exact_error(rows: &[&Score]) -> Option<f64> {
    let variances = rows.iter().map(|row| Some((row.crps_exact_error? / row.crps_exact?).powi(2)));
    Some(variances.sum::<Option<f64>>()?.sqrt() / rows.len() as f64)
}

fn states(rows: &[&Score]) -> Vec<(String, usize)> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for row in rows {
        match counts.iter_mut().find(|(state, _)| *state == row.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((row.state.clone(), 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

impl Measure {
    /// Its column in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrpsRatio => "crps_ratio",
            Self::Crps => "crps",
            Self::Mae => "mae",
        }
    }
}

impl Standing {
    /// By what it is ranked.
    pub fn measure(&self) -> Measure {
        match (self.crps_ratio, self.point_estimate) {
            (Some(_), _) => Measure::CrpsRatio,
            (None, false) => Measure::Crps,
            (None, true) => Measure::Mae,
        }
    }

    /// What it is ranked by, less is better; infinite when a seed exploded.
    pub fn score(&self) -> Interval {
        let unknown = Interval { mean: f64::INFINITY, half_width: None };
        self.crps_ratio.or(self.crps).or(self.mae).unwrap_or(unknown)
    }

    /// The order within a case.
    fn order(&self, other: &Self) -> Ordering {
        self.point_estimate
            .cmp(&other.point_estimate)
            .then(self.score().mean.total_cmp(&other.score().mean))
            .then(self.exploded_seeds().cmp(&other.exploded_seeds()))
    }

    /// Whether both are of one method with one choice of its parameter.
    pub fn same_entrant(&self, other: &Self) -> bool {
        self.approach == other.approach && self.choice == other.choice
    }

    /// Seeds that ended in the explosion event.
    pub fn exploded_seeds(&self) -> usize {
        self.states.iter().filter(|(state, _)| exploded(state)).map(|(_, count)| count).sum()
    }

    /// Its states as words: `balanced`, or `balanced 2, inaccurate 1`.
    pub fn states_in_words(&self) -> String {
        match &self.states[..] {
            [(state, _)] => state.clone(),
            states => {
                states.iter().map(|(state, count)| format!("{state} {count}")).collect::<Vec<_>>().join(", ")
            }
        }
    }
}

#[cfg(test)]
mod tests;
