//! Entrants ranked on every case by a proper score, with intervals over seeds.

use crate::metric::{Measured, Metric};
use crate::record::{Record, Score, Tuned};
use crate::{Case, Choice, Interval, Result, Results};
use equipoise_experiment::{Approach, exploded, grouped};
use serde::Serialize;
use std::cmp::Ordering;
use std::collections::BTreeSet;

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
    /// What is measured, in the mean over the seeds, of all of which it must be known.
    #[serde(flatten)]
    pub measured: Measured<Interval>,
    /// The standard error with which as many exact samples under as many seeds have a CRPS ratio of 1.
    pub exact_error: Option<f64>,
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
///
/// # Errors
/// If the journal cannot be read.
pub fn leaderboard(results: &Results) -> Result<Vec<Standing>> {
    let (scores, tunings) = records(results)?;
    Ok(ranked(&scores, &tunings))
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
///
/// # Errors
/// If the journal cannot be read.
pub fn records(results: &Results) -> Result<(Vec<Score>, Vec<Tuned>)> {
    Ok(split(results.rows()?))
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
    let entrant = |row: &&Score| (row.method.clone(), row.law.clone(), row.choice);
    grouped(rows, |a, b| entrant(a) == entrant(b))
}

fn standing(rows: &[&Score], tunings: &[Tuned]) -> Option<Standing> {
    let first = *rows.first()?;
    let over = |metric: &Metric| {
        let found = rows.iter().map(|row| metric.of(row)).collect::<Option<Vec<f64>>>();
        Some(found.and_then(|found| Interval::of(&found)))
    };
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
        measured: Measured::new(over),
        exact_error: exact_error(rows),
        denoiser_calls: mean(|row| row.denoiser_calls),
        inner_iterations: mean(|row| row.inner_iterations),
        tuning_calls: tuning.filter(|_| first.choice == Choice::Tuned).map_or(0, |t| t.denoiser_calls),
        seconds: mean(|row| row.seconds),
        states: states(rows),
    })
}

/// Of the mean of the ratios of exact samples, independent from seed to seed.
fn exact_error(rows: &[&Score]) -> Option<f64> {
    let variances = rows.iter().map(|row| Some((row.crps_exact_error? / row.crps_exact?).powi(2)));
    Some(variances.sum::<Option<f64>>()?.sqrt() / rows.len() as f64)
}

fn states(rows: &[&Score]) -> Vec<(String, usize)> {
    let states = grouped(rows.iter().map(|row| &row.state), |a, b| a == b);
    let mut counts: Vec<_> = states.iter().map(|of| (of[0].clone(), of.len())).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

impl Standing {
    /// The column that it is ranked by: less is better, and nothing has a lower expectation than exact samples, or of points than
    /// the posterior's medians. The CRPS, or of a point estimate the mean absolute error, which is the CRPS of being
    /// sure of it, where no exact samples are known; else its ratio to what these expect.
    pub fn measure(&self) -> &'static str {
        match (self.measured.get("crps_ratio"), self.point_estimate) {
            (Some(_), _) => "crps_ratio",
            (None, false) => "crps",
            (None, true) => "mae",
        }
    }

    /// What it is ranked by, less is better; infinite when a seed exploded.
    pub fn score(&self) -> Interval {
        self.measured.get(self.measure()).unwrap_or(Interval { mean: f64::INFINITY, half_width: None })
    }

    /// The order within a case.
    fn order(&self, other: &Self) -> Ordering {
        self.point_estimate
            .cmp(&other.point_estimate)
            .then(self.score().mean.total_cmp(&other.score().mean))
            .then(self.exploded_seeds().cmp(&other.exploded_seeds()))
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
