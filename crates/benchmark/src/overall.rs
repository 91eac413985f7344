//! Entrants over all cases of a dataset.

use crate::{Choice, Interval, Measure, Standing};
use equipoise_experiment::Approach;
use serde::Serialize;

/// One entrant over the cases of a dataset. Ratios and errors have their geometric mean, so that no case
/// weighs more than another by being harder; infinite with one that is infinite.
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
    pub measure: Measure,
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
    /// The geometric mean of the CRPS on the truth.
    pub crps: Option<f64>,
    /// The geometric mean of the mean absolute error of point estimates.
    pub mae: Option<f64>,
    /// The mean coverage of the truth by the 90 % interval.
    pub coverage_90: Option<f64>,
    /// The geometric mean of RMSE over floor.
    pub excess: Option<f64>,
    /// The mean of |ln(RMSE/floor)|.
    pub log_excess: Option<f64>,
    /// b with 1 + b² the geometric mean of 1 + bias², the bias in posterior standard deviations: one case
    /// without bias does not hide the others.
    pub bias: Option<f64>,
    /// The geometric mean of the spread ratio.
    pub spread_ratio: Option<f64>,
    /// The mean coverage error.
    pub coverage_error: Option<f64>,
    /// The geometric mean of the ratio of CRPS, or of the mean absolute error, to the CRPS of exact samples.
    pub crps_ratio: Option<f64>,
    /// The geometric mean of the ratio of sliced W₂ to that between exact ensembles.
    pub sliced_w2_ratio: Option<f64>,
}

/// The entrants of each dataset, in the order of the standings: samplers, then point estimates, those that
/// exploded in fewer cases first, of these by score.
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
        found.sort_by(|a, b| {
            let kind = (a.point_estimate, a.exploded).cmp(&(b.point_estimate, b.exploded));
            kind.then(a.finite_score.total_cmp(&b.finite_score))
        });
        all.extend(found);
    }
    all
}

/// exp(mean(ln x)) of numbers from 0 on; infinite with one that is not finite, also beside a zero.
fn geometric(values: &[f64]) -> f64 {
    if values.is_empty() || values.iter().any(|x| !x.is_finite()) {
        return f64::INFINITY;
    }
    (values.iter().map(|x| x.ln()).sum::<f64>() / values.len() as f64).exp()
}

impl Overall {
    /// Of at least one standing.
    fn of(group: &[&Standing]) -> Self {
        let means = |of: fn(&Standing) -> Option<Interval>| {
            group.iter().map(|s| of(s).map(|found| found.mean)).collect::<Option<Vec<f64>>>()
        };
        let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
        let geometric_mean = |of| means(of).map(|values| geometric(&values));
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
            score: geometric(&scores),
            worst: scores.iter().copied().fold(0.0, f64::max),
            finite_score: geometric(&finite),
            exact_error: errors.map(mean),
            crps: geometric_mean(|s| s.crps),
            mae: geometric_mean(|s| s.mae),
            coverage_90: means(|s| s.coverages[1]).map(mean),
            excess: geometric_mean(|s| s.excess),
            log_excess: means(|s| s.log_excess).map(mean),
            bias: means(|s| s.bias)
                .map(|biases| mean(biases.iter().map(|b| (b * b).ln_1p()).collect()).exp_m1().sqrt()),
            spread_ratio: geometric_mean(|s| s.spread_ratio),
            coverage_error: means(|s| s.coverage_error).map(mean),
            crps_ratio: geometric_mean(|s| s.crps_ratio),
            sliced_w2_ratio: geometric_mean(|s| s.sliced_w2_ratio),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// √(2·8) is 4; a zero stays, an infinite value beside it is not lost, and neither is a NaN.
    #[test]
    fn geometric_means_keep_zeros_and_explosions() {
        assert!((geometric(&[2.0, 8.0]) / 4.0 - 1.0).abs() < 1e-15);
        assert_eq!(geometric(&[0.0, 8.0]).to_bits(), 0f64.to_bits());
        for values in [&[0.0, f64::INFINITY][..], &[1.0, f64::NAN], &[]] {
            assert_eq!(geometric(values).to_bits(), f64::INFINITY.to_bits());
        }
    }
}
