//! Entrants ranked on every case, with intervals over seeds.

use crate::record::{Record, Score, Tuned};
use crate::{Case, Choice, Interval, Result, Results};
use equipoise_sweep::Approach;
use serde::Serialize;

/// One entrant on one case: means over seeds. `None` where undefined or not judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The dataset.
    pub dataset: String,
    /// The case.
    pub case: Case,
    /// Its place among the entrants of the case, from 1.
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
    /// RMSE over floor; `None` where the posterior is not known.
    pub excess: Option<Interval>,
    /// RMSE against the truth.
    pub rmse: Interval,
    /// Fair CRPS on the truth.
    pub crps: Option<Interval>,
    /// Coverage of the truth by the 50 % and the 90 % interval.
    pub coverages: [Option<Interval>; 2],
    /// Bias over the posterior standard deviation.
    pub bias: Option<Interval>,
    /// Spread over the posterior standard deviation.
    pub spread_ratio: Option<Interval>,
    /// Coverage error.
    pub coverage_error: Option<Interval>,
    /// CRPS over its expectation for exact samples.
    pub crps_ratio: Option<Interval>,
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

/// The standings of every case, in plan order, and by excess within a case, by RMSE where the posterior
/// is not known; what is not finite comes last.
///
/// # Errors
/// Those of [`Plan::jobs`](crate::Plan::jobs).
pub fn leaderboard(results: &Results) -> Result<Vec<Standing>> {
    let (scores, tunings) = records(results)?;
    let mut board = Vec::new();
    for case in scores.chunk_by(|a, b| a.dataset == b.dataset && a.case() == b.case()) {
        let mut standings: Vec<Standing> =
            entrants(case).into_iter().filter_map(|rows| standing(&rows, &tunings)).collect();
        standings.sort_by(|a, b| order(a.error().mean).total_cmp(&order(b.error().mean)));
        standings.iter_mut().zip(1..).for_each(|(standing, rank)| standing.rank = rank);
        board.extend(standings);
    }
    Ok(board)
}

/// The records so far in plan order, by kind.
///
/// # Errors
/// Those of [`Plan::jobs`](crate::Plan::jobs).
pub fn records(results: &Results) -> Result<(Vec<Score>, Vec<Tuned>)> {
    let identities: Vec<String> = results.manifest().plan.jobs()?.iter().map(ToString::to_string).collect();
    let (mut scores, mut tunings) = (Vec::new(), Vec::new());
    for record in results.journal().rows(&identities) {
        match record {
            Record::Score(score) => scores.push(*score),
            Record::Tuned(tuned) => tunings.push(*tuned),
        }
    }
    Ok((scores, tunings))
}

fn order(excess: f64) -> f64 {
    if excess.is_finite() { excess } else { f64::INFINITY }
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
    let over = |of: &dyn Fn(&Score) -> Option<f64>| {
        Interval::of(&rows.iter().map(|row| of(row)).collect::<Option<Vec<f64>>>()?)
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
        excess: over(&|row| row.excess),
        rmse: over(&|row| Some(row.rmse))?,
        crps: over(&|row| row.crps),
        coverages: [over(&|row| row.coverage_50), over(&|row| row.coverage_90)],
        bias: over(&|row| row.bias),
        spread_ratio: over(&|row| row.spread_ratio),
        coverage_error: over(&|row| row.coverage_error),
        crps_ratio: over(&|row| Some(row.crps? / row.crps_exact?)),
        sliced_w2_ratio: over(&|row| Some(row.sliced_w2? / row.sliced_w2_floor?)),
        misfit: over(&|row| Some(row.misfit))?,
        denoiser_calls: mean(|row| row.denoiser_calls),
        inner_iterations: mean(|row| row.inner_iterations),
        tuning_calls: tuning.filter(|_| first.choice == Choice::Tuned).map_or(0, |t| t.denoiser_calls),
        seconds: mean(|row| row.seconds),
        states: states(rows),
    })
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

impl Standing {
    /// What it is ranked by: the excess, or the RMSE where no posterior is known.
    pub fn error(&self) -> Interval {
        self.excess.unwrap_or(self.rmse)
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
