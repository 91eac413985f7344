//! Entrants over all cases of a dataset.

use crate::{Choice, Interval, Standing};
use equipoise_metrics::State;
use equipoise_sweep::Approach;
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
    /// Whether errors are held to a known posterior; else against the truth alone.
    pub held: bool,
    /// The geometric mean of RMSE over floor, or of the RMSE where no posterior is known; infinite with one
    /// that is not finite.
    pub error: f64,
    /// The largest of them.
    pub worst: f64,
    /// The mean CRPS on the truth.
    pub crps: Option<f64>,
    /// The mean coverage of the truth by the 90 % interval.
    pub coverage_90: Option<f64>,
    /// The mean bias over the posterior standard deviation.
    pub bias: Option<f64>,
    /// The mean spread ratio.
    pub spread_ratio: Option<f64>,
    /// The mean coverage error.
    pub coverage_error: Option<f64>,
    /// The mean ratio of CRPS to that of exact samples.
    pub crps_ratio: Option<f64>,
    /// The mean ratio of sliced W₂ to that between exact ensembles.
    pub sliced_w2_ratio: Option<f64>,
}

/// The entrants of each dataset, in the order of the standings, each dataset's by error.
pub fn overall(board: &[Standing]) -> Vec<Overall> {
    let mut all = Vec::new();
    for rows in board.chunk_by(|a, b| a.dataset == b.dataset) {
        let mut entrants: Vec<Vec<&Standing>> = Vec::new();
        for row in rows {
            match entrants.iter_mut().find(|group| group[0].same_entrant(row)) {
                Some(group) => group.push(row),
                None => entrants.push(vec![row]),
            }
        }
        let mut found: Vec<Overall> = entrants.iter().map(|group| Overall::of(group)).collect();
        found.sort_by(|a, b| a.error.total_cmp(&b.error));
        all.extend(found);
    }
    all
}

impl Overall {
    /// Of at least one standing.
    fn of(group: &[&Standing]) -> Self {
        let count = group.len() as f64;
        let mean = |of: fn(&Standing) -> Option<Interval>| {
            let total: Option<f64> = group.iter().map(|s| of(s).map(|found| found.mean)).sum();
            total.map(|total| total / count)
        };
        let errors =
            || group.iter().map(|s| s.error().mean).map(|e| if e.is_finite() { e } else { f64::INFINITY });
        Self {
            dataset: group[0].dataset.clone(),
            approach: group[0].approach.clone(),
            choice: group[0].choice,
            point_estimate: group[0].point_estimate,
            cases: group.len(),
            exploded: group.iter().filter(|s| s.exploded()).count(),
            held: group.iter().all(|s| s.excess.is_some()),
            error: (errors().map(f64::ln).sum::<f64>() / count).exp(),
            worst: errors().fold(0.0, f64::max),
            crps: mean(|s| s.crps),
            coverage_90: mean(|s| s.coverages[1]),
            bias: mean(|s| s.bias),
            spread_ratio: mean(|s| s.spread_ratio),
            coverage_error: mean(|s| s.coverage_error),
            crps_ratio: mean(|s| s.crps_ratio),
            sliced_w2_ratio: mean(|s| s.sliced_w2_ratio),
        }
    }
}

impl Standing {
    /// Whether both are of one method with one choice of its parameter.
    pub fn same_entrant(&self, other: &Self) -> bool {
        self.approach == other.approach && self.choice == other.choice
    }

    /// Whether a seed ended in the explosion event.
    pub fn exploded(&self) -> bool {
        let names = [State::Nan, State::Exploded].map(State::name);
        self.states.iter().any(|(state, _)| names.contains(&state.as_str()))
    }
}
