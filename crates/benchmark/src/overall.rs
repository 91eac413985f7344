//! Entrants over all cases of a dataset.

use crate::metric::{Mean, Measured, Metric};
use crate::{Choice, Standing};
use equipoise_experiment::{Approach, grouped};
use serde::Serialize;

/// One entrant over the cases of a dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overall {
    /// The dataset.
    pub dataset: String,
    /// The method.
    pub approach: Approach,
    /// Its parameter.
    pub choice: Choice,
    /// Whether its members are estimates of one point.
    pub point_estimate: bool,
    /// How many cases.
    pub cases: usize,
    /// Of them, those in which a seed ended in the explosion event.
    pub exploded: usize,
    /// What it is ranked by.
    pub measure: &'static str,
    /// The geometric mean of [`Standing::score`].
    pub score: f64,
    /// The largest of them.
    pub worst: f64,
    /// Their geometric mean without the infinite ones, by which entrants are ranked that exploded in as many
    /// cases; infinite where none is left.
    pub finite_score: f64,
    /// The standard error of the score of as many exact samples, were the cases' errors the same: they share
    /// their draws.
    pub exact_error: Option<f64>,
    /// What is measured, in the mean over the cases that each metric states.
    #[serde(flatten)]
    pub measured: Measured<f64>,
}

/// The entrants of each dataset, in the order of the standings: samplers, then point estimates, those that
/// exploded in fewer cases first, of these by score.
pub fn overall(board: &[Standing]) -> Vec<Overall> {
    let mut all = Vec::new();
    for rows in board.chunk_by(|a, b| a.dataset == b.dataset) {
        let entrants = grouped(rows, |a, b| a.approach == b.approach && a.choice == b.choice);
        let mut found: Vec<Overall> = entrants.iter().map(|group| Overall::of(group)).collect();
        found.sort_by(|a, b| {
            let kind = (a.point_estimate, a.exploded).cmp(&(b.point_estimate, b.exploded));
            kind.then(a.finite_score.total_cmp(&b.finite_score))
        });
        all.extend(found);
    }
    all
}

impl Overall {
    /// What the entrants of a table are, and what they are ranked by.
    pub fn ranking(&self) -> &'static str {
        match (self.measure == "crps_ratio", self.point_estimate) {
            (true, false) => "samplers by CRPS over that of exact samples",
            (true, true) => "point estimates by MAE over the CRPS of exact samples",
            (false, false) => "samplers by CRPS, for no exact samples are known,",
            (false, true) => "point estimates by MAE, for no exact samples are known,",
        }
    }

    /// Of at least one standing.
    fn of(group: &[&Standing]) -> Self {
        let over = |metric: &Metric| {
            let (mean, _) = metric.over_cases?;
            let of = |s: &&Standing| s.measured.get(metric.name).map(|found| found.mean);
            Some(group.iter().map(of).collect::<Option<Vec<f64>>>().map(|found| mean.of(&found)))
        };
        let scores: Vec<f64> = group.iter().map(|s| s.score().mean).collect();
        let finite: Vec<f64> = scores.iter().copied().filter(|x| x.is_finite()).collect();
        let errors = group.iter().map(|s| s.exact_error).collect::<Option<Vec<f64>>>();
        Self {
            dataset: group[0].dataset.clone(),
            approach: group[0].approach.clone(),
            choice: group[0].choice,
            point_estimate: group[0].point_estimate,
            cases: group.len(),
            exploded: group.iter().filter(|s| s.exploded_seeds() > 0).count(),
            measure: group[0].measure(),
            score: Mean::Geometric.of(&scores),
            worst: scores.iter().copied().fold(0.0, f64::max),
            finite_score: Mean::Geometric.of(&finite),
            exact_error: errors.map(|errors| Mean::Arithmetic.of(&errors)),
            measured: Measured::new(over),
        }
    }
}
